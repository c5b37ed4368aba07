const scenes = new WeakMap();

// As in live_chart.js, only a scene that has left the page is removed.
export default function ({ data, parentElement }) {
  const block = parentElement.querySelector(".lab-scene");
  if (!scenes.has(block)) scenes.set(block, new SCENES[data.kind](block));
  scenes.get(block).show(data);
  return () => {
    if (block.isConnected) return;
    scenes.get(block)?.remove();
    scenes.delete(block);
  };
}
