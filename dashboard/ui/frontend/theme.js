// Applies the theme that Streamlit applies to st.plotly_chart, from the CSS variables that components receive.
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
  return isDark(node) ? { data: recolored(figure.data), layout: recolored(layout) } : { data: figure.data, layout };
}

// The current chart in fonts that every system has: a downloaded image does not embed the fonts of the page.
function portable(node) {
  const font = { family: "Arial, Helvetica, sans-serif" };
  const axis = { tickfont: font };
  const layout = { font, xaxis: axis, yaxis: axis, legend: { font }, title: { font } };
  return { data: node.data, layout: merged(node.layout, { template: { layout } }) };
}

// A figure at one of its frames, which may also be whole figures; earlier frames have no effect. Plotly writes zoom into the arrays of the layout and
// legend choices into traces, so it gets copies.
function atFrame(figure, frame) {
  if (frame.isWhole) return structuredClone({ data: frame.data, layout: frame.layout });
  const data = figure.data.map((trace) => ({ ...trace }));
  (frame.data ?? []).forEach((change, position) => {
    const place = frame.traces?.[position] ?? position;
    data[place] = merged(data[place], change);
  });
  return { data, layout: structuredClone(merged(figure.layout, frame.layout ?? {})) };
}

// A copy of `base` updated with `over`, object by object; arrays, including Plotly's packed ones, are replaced whole.
function merged(base, over) {
  const isBranch = (value) => value && typeof value === "object" && !Array.isArray(value) && !("bdata" in value);
  const result = isBranch(base) ? { ...base } : {};
  for (const [name, value] of Object.entries(over)) result[name] = isBranch(value) ? merged(result[name], value) : value;
  return result;
}
