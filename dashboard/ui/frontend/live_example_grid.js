const grids = new WeakMap();

// As in live_chart.js, only a grid that has left the page is removed.
export default function ({ data, parentElement }) {
  const box = parentElement.querySelector(".lab-examples");
  if (!grids.has(box)) grids.set(box, new ExampleGrid(box));
  grids.get(box).show(data);
  return () => {
    if (box.isConnected) return;
    grids.get(box)?.remove();
    grids.delete(box);
  };
}
