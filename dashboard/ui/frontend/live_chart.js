let library = null;
const charts = new WeakMap();

// Streamlit calls the default function for new data and for a new theme, and the returned function when the chart is
// removed. It may also call the latter for an outdated call, so only a node that has left the page is purged.
export default function ({ data, parentElement }) {
  const block = parentElement.querySelector(".lab-chart");
  if (!charts.has(block)) charts.set(block, new Chart(block, loadPlotly));
  charts.get(block).show(data);
  return () => {
    if (block.isConnected) return;
    charts.get(block)?.remove();
    charts.delete(block);
  };
}

function loadPlotly(version) {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL(`plotly.min.js?v=${version}`, document.baseURI);
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => {
      library = null;  // the next call tries again
      script.remove();
      reject(new Error("Plotly.js did not load. Reload the page when the server is running."));
    };
    document.head.append(script);
  });
  return library;
}
