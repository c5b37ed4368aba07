// Streamlit calls this for new data and for a new theme.
export default function ({ data, parentElement }) {
  const box = parentElement.querySelector(".lab-runs");
  while (box.children.length > data.lines.length) box.lastChild.remove();
  while (box.children.length < data.lines.length) box.append(emptyLine());
  data.lines.forEach((line, place) => fill(box.children[place], line));
}

function emptyLine() {
  const curve = svg("svg", { viewBox: "0 0 72 20", "aria-hidden": "true" }, svg("polyline"));
  const bar = element("progress", { max: 1, ariaLabel: "Training" });
  return element("div", { role: "listitem" }, element("i"), element("b"), curve, bar, element("span"));
}

function fill(node, { label, color, curve, words, progress }) {
  const [dot, name, picture, bar, text] = node.children, drawn = shade(color, node);
  dot.style.backgroundColor = drawn;
  setText(name, label);
  setText(text, words);
  name.title = label;
  text.title = words;
  bar.hidden = progress === null;
  bar.value = progress ?? 0;
  const highest = Math.max(...curve, 1e-12), last = Math.max(curve.length - 1, 1);
  const points = curve.map((value, place) => `${1 + (70 * place) / last},${1 + 18 * (1 - value / highest)}`);
  const look = { points: points.join(" "), fill: "none", stroke: drawn, "stroke-width": "1.5" };
  for (const [key, value] of Object.entries(look)) setAttribute(picture.firstChild, key, value);
}
