const dataOf = (section) => JSON.parse(section.querySelector("script[type='application/json']").textContent);
const sections = (kind) => [...document.querySelectorAll(`[data-kind="${kind}"]`)];

const charts = sections("chart").map((section) => {
  const chart = new Chart(section, async () => window.Plotly);
  chart.show(dataOf(section));
  return chart;
});
const scenes = sections("scene").map((box) => {
  const data = dataOf(box), scene = new SCENES[data.kind](box.querySelector(".lab-scene"));
  scene.show(data);
  return scene;
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  charts.forEach((chart) => chart.redraw());
  scenes.forEach((scene) => scene.paint());
});

for (const section of sections("grid")) new ExampleGrid(section).show(dataOf(section));

for (const section of sections("table")) {
  const { csv, filename } = dataOf(section);
  const ariaLabel = `Download ${filename} as CSV`;
  const save = () => saveText(csv, "text/csv", `${filename}.csv`);
  section.append(
    element("div", { className: "lab-controls" }, element("button", { type: "button", ariaLabel, onclick: save }, "CSV")),
  );
}
