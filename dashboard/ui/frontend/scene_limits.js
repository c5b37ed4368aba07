class LimitsScene extends Scene {
  build(data) {
    const parts = [];
    if (data.threshold) parts.push(this.threshold(data.threshold));
    if (data.worst) parts.push(this.worst(data.worst, data.colors));
    if (data.l2) parts.push(this.l2(data.l2, data.colors));
    this.stage.append(element("div", { className: "lab-trio" }, ...parts));
  }

  part({ title, words }, ...children) {
    return element("article", {}, element("h3", {}, title), element("p", {}, words), ...children);
  }

  threshold(part) {
    const image = pixelated("", ""), passed = pixelated("", ""), said = element("p", { className: "lab-numbers" });
    const slider = stops("ε", part.stops.length, part.start, (place) => part.stops[place], (place) => {
      const stop = `ε = ${part.stops[place]}`;
      image.src = part.images[place];
      passed.src = part.passed[place];
      image.alt = `Attacked digit, ${stop}`;
      passed.alt = `What the filter passes on, ${stop}`;
      setText(said, part.isBeyond[place] ? "ε is beyond the threshold: the attack gets through." : "The background stays black.");
    });
    const captioned = (picture, words) => element("figure", {}, picture, element("figcaption", {}, words));
    const images = [captioned(image, "Attacked digit"), captioned(passed, "What the filter passes on")];
    const node = this.part(part, slider.node, element("div", { className: "lab-two" }, ...images), said);
    slider.tell();
    return node;
  }

  worst(part, colors) {
    const rows = part.rows.map(({ name, shares, words }) => {
      const bars = shares.map((share, place) => {
        const bar = this.tint(element("span", { className: "lab-bar" }), colors[part.names[place]]);
        bar.style.width = `${100 * share}%`;
        return element("td", {}, element("span", { className: "lab-track" }, bar), element("span", {}, words[place]));
      });
      return element("tr", {}, element("th", { scope: "row" }, name), ...bars);
    });
    const heads = part.names.map((name) => element("th", { scope: "col" }, this.tint(networkName(name), colors[name])));
    const head = element("tr", {}, element("th", { scope: "col" }, "Attack"), ...heads);
    const table = element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows));
    return this.part(part, table);
  }

  l2(part, colors) {
    const lines = part.lines.map(({ name, points, half }) => ({ points, half, color: colors[name] }));
    const names = part.lines.map(({ name }) => this.tint(networkName(name), colors[name]));
    const chart = levelChart(this, lines, part.end, "l2 distance in pixels");
    return this.part(part, chart.node, element("p", { className: "lab-legend" }, ...names));
  }
}
