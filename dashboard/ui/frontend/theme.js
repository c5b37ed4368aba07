// What Streamlit's own theme does to st.plotly_chart, from the CSS variables it gives to components.
function themed(figure, node, height) {
  const style = getComputedStyle(node);
  const value = (name) => style.getPropertyValue(`--st-${name}`).trim();
  const ink = value("text-color"), paper = value("background-color"), grid = value("border-color-light");
  const font = { color: ink, family: value("font"), size: 12 };
  const axis = {
    gridcolor: grid, zerolinecolor: grid, tickcolor: grid, linecolor: grid,
    tickfont: font, title: { font: { size: 14 } },
  };
  const look = { layout: {
    font, paper_bgcolor: paper, plot_bgcolor: paper, xaxis: axis, yaxis: axis, legend: { font },
    title: { font: { family: value("heading-font"), color: value("heading-color"), size: 16, weight: 700 } },
    hoverlabel: { bgcolor: paper, bordercolor: value("border-color"), font },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: "#7f858c", activecolor: ink },
  } };
  const layout = { ...figure.layout, template: merged(figure.layout.template, look), height, autosize: true };
  delete layout.width;
  return { data: figure.data, layout };
}

// The chart as it is on view, in fonts that every system has: a picture does not carry those of the page.
function portable(node) {
  const font = { family: "Arial, Helvetica, sans-serif" };
  const axis = { tickfont: font };
  const layout = { font, xaxis: axis, yaxis: axis, legend: { font }, title: { font } };
  return { data: node.data, layout: merged(node.layout, { template: { layout } }) };
}

// A figure as it looks at one of its frames; those before it leave no trace. Plotly writes zoom into the arrays of the
// layout and legend choices into traces, so it is given copies.
function atFrame(figure, frame) {
  const data = figure.data.map((trace) => ({ ...trace }));
  (frame.data ?? []).forEach((change, position) => {
    const place = frame.traces?.[position] ?? position;
    data[place] = merged(data[place], change);
  });
  return { data, layout: structuredClone(merged(figure.layout, frame.layout ?? {})) };
}

// A copy of `base` with `over` laid on it, object by object; arrays, Plotly's packed ones too, are replaced whole.
function merged(base, over) {
  const isBranch = (value) => value && typeof value === "object" && !Array.isArray(value) && !("bdata" in value);
  const result = isBranch(base) ? { ...base } : {};
  for (const [name, value] of Object.entries(over)) result[name] = isBranch(value) ? merged(result[name], value) : value;
  return result;
}
