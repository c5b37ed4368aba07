"""A Plotly figure that is redrawn in place while its data tick: the DOM node, the zoom and the legend choices stay.

`st.plotly_chart` rebuilds its chart whenever the figure changes. This component hands the new figure to Plotly.react
instead. Plotly.js is the file inside the installed plotly package, served from `dashboard/static/`
(`server.enableStaticServing`).
"""

import os
import re
import shutil
import tempfile
from importlib.resources import files
from pathlib import Path

import plotly
import plotly.graph_objects as go
from streamlit.components.v2 import component

STATIC_FOLDER = Path(__file__).parent / "static"
PLOTLYJS = "plotly.min.js"

HTML = '<div class="live-chart" role="img"></div>'

# Streamlit calls the default function for new data and for a new theme, and what that returned when the chart leaves.
# It may do the latter also for a call overtaken by the next one, so only a node that left the page is purged.
JS = """
let library = null;
const charts = new WeakMap();

export default function ({ data, parentElement }) {
  const node = parentElement.querySelector(".live-chart");
  if (!charts.has(node)) charts.set(node, new Chart(node));
  charts.get(node).show(data);
  return () => node.isConnected || charts.get(node)?.remove();
}

class Chart {
  constructor(node) {
    this.node = node;
    this.next = null;  // newest data not yet drawn
    this.isDrawing = false;
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(node);
  }

  show(data) {
    this.next = data;
    this.node.style.height = `${data.height}px`;
    this.node.setAttribute("aria-label", data.alt);
    this.draw();
  }

  async draw() {
    const isVisible = this.node.clientWidth > 0;  // not in a tab that is closed
    if (!this.next || this.isDrawing || !isVisible) return;
    this.isDrawing = true;
    const data = this.next;
    this.next = null;
    try {
      const Plotly = await loadPlotly(data.version);
      if (!this.node.isConnected) return;
      if (!this.node.data) this.node.replaceChildren();
      this.Plotly = Plotly;  // window.Plotly may become that of st.plotly_chart, another version
      this.config ??= configuration(Plotly, data.filename);
      this.width = this.node.clientWidth;
      const figure = themed(JSON.parse(data.figure), this.node, data.height);
      await Plotly.react(this.node, { ...figure, config: this.config });
    } catch (error) {
      console.error(error);
      if (!this.node.data) this.node.textContent = `This chart could not be drawn: ${error.message}`;
    } finally {
      this.isDrawing = false;
    }
    this.draw();
  }

  resize() {
    if (this.next) this.draw();
    else if (this.node.data && this.node.clientWidth > 0 && this.node.clientWidth !== this.width) {
      this.width = this.node.clientWidth;
      this.Plotly.Plots.resize(this.node);
    }
  }

  remove() {
    this.observer.disconnect();
    if (this.node.data) this.Plotly.purge(this.node);
    charts.delete(this.node);
  }
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

function configuration(Plotly, filename) {
  return {
    displaylogo: false,
    showSendToCloud: false,  // else Plotly.js 4 offers to upload the chart
    modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"],
    toImageButtonOptions: { format: "png", scale: 2, filename },
    modeBarButtonsToAdd: [{
      name: "Download as SVG",
      icon: Plotly.Icons.disk,
      click: (node) => Plotly.downloadImage(node, { format: "svg", filename }),
    }],
  };
}

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
  figure.layout.template ??= {};
  merge(figure.layout.template, { layout: {
    font, paper_bgcolor: paper, plot_bgcolor: paper, xaxis: axis, yaxis: axis, legend: { font },
    title: { font: { family: value("heading-font"), color: value("heading-color"), size: 16, weight: 700 } },
    hoverlabel: { bgcolor: paper, bordercolor: value("border-color"), font },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: "#7f858c", activecolor: ink },
  } });
  Object.assign(figure.layout, { height, autosize: true });
  delete figure.layout.width;
  return figure;
}

function merge(base, over) {
  for (const [name, value] of Object.entries(over))
    base[name] = value && typeof value === "object" ? merge(base[name] ?? {}, value) : value;
  return base;
}
"""

_mount = component("live_chart", html=HTML, js=JS, isolate_styles=False)


def live_chart(figure: go.Figure, *, key: str, height: int = 380, alt: str) -> None:
    """Draw a figure, or redraw the one drawn under this key before.

    Zoom and legend choices stay as long as the figure's `uirevision` and its traces' `uid` do.

    Args:
        figure: leave out `layout.transition`: with it, titles stay at an old tick.
        key: the chart's identity on its page, unlike that of any widget; also the name of a downloaded image.
        height: pixels; the width is that of the container.
        alt: what a person who cannot see the chart should know.
    """
    install_plotlyjs()
    data = {
        "figure": figure.to_json(remove_uids=False),
        "height": height,
        "alt": alt,
        "filename": re.sub(r"\W+", "-", key),
        "version": plotly.__version__,
    }
    _mount(key=key, data=data)


def install_plotlyjs(folder: Path = STATIC_FOLDER) -> Path:
    """Path of Plotly.js in `folder`, copied there from the plotly package when missing or of another size."""
    source, target = Path(str(files("plotly") / "package_data" / PLOTLYJS)), folder / PLOTLYJS
    if target.is_file() and target.stat().st_size == source.stat().st_size:
        return target
    folder.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix=".", dir=folder)
    try:
        with os.fdopen(descriptor, "wb") as copy, source.open("rb") as original:
            shutil.copyfileobj(original, copy)
            os.fchmod(descriptor, 0o644)
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise
    return target
