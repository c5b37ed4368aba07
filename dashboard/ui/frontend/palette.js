// Figures carry the colors of the light page. `DARK_COLORS`, which precedes this file, has those of the dark page.
const DARK_CHANNELS = Object.fromEntries(
  Object.entries(DARK_COLORS).map((colors) => colors.map((color) => channels(color).join(", "))),
);

function channels(color) {
  return [1, 3, 5].map((start) => parseInt(color.slice(start, start + 2), 16));
}

// Whether text on the page around the node is light.
function isDark(node) {
  const ink = getComputedStyle(node).color.match(/[\d.]+/g) ?? [0, 0, 0];
  return ink.slice(0, 3).reduce((sum, channel) => sum + Number(channel), 0) > 382;
}

// A color as it is drawn on the page around the node.
function shade(color, node) {
  return isDark(node) ? darkened(color) : color;
}

function darkened(color) {
  if (color in DARK_COLORS) return DARK_COLORS[color];
  const [, rgb, opacity] = color.match(/^rgba\((\d+, \d+, \d+), ([\d.]+)\)$/) ?? [];
  return rgb in DARK_CHANNELS ? `rgba(${DARK_CHANNELS[rgb]}, ${opacity})` : color;
}

// Traces or a layout with the colors of the dark page; numbers, and Plotly's packed arrays, are passed on as they are.
function recolored(value) {
  if (typeof value === "string") return value[0] === "#" || value.startsWith("rgba(") ? darkened(value) : value;
  if (Array.isArray(value)) return typeof value[0] === "number" ? value : value.map(recolored);
  if (!value || typeof value !== "object" || "bdata" in value || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, recolored(part)]));
}
