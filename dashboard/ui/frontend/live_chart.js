let library = null;
const charts = new WeakMap();

// Streamlit calls the default function for new data and for a new theme, and what that returned when the chart leaves.
// It may do the latter also for a call overtaken by the next one, so only a node that left the page is purged.
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
    script.src = new URL(`app/static/plotly.min.js?v=${version}`, document.baseURI);
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => {
      library = null;  // the next data try again
      script.remove();
      reject(new Error("Plotly.js did not load; reload the page once the server answers."));
    };
    document.head.append(script);
  });
  return library;
}
