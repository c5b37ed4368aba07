class StrengthScene extends Scene {
  build(data) {
    this.digit = 0;
    this.place = data.start;
    this.cards = data.networks.map((network) => this.card(network));
    this.chart = levelChart(this, data.networks.map(({ curve, color }) => ({ points: curve, color })), data.end, "ε");
    const words = (place) => `${data.stops[place]} (${data.pixels[place]} of the range from black to white)`;
    const slider = stops("ε", data.stops.length, data.start, words, (place) => {
      this.place = place;
      this.update();
    });
    this.stage.append(
      element("div", { className: "lab-row" }, slider.node, this.choice(data.digits)),
      element("div", { className: "lab-trio" }, ...this.cards.map(({ node }) => node), this.chart.node),
    );
    slider.tell();
  }

  choice(digits) {
    const buttons = digits.map((digit, place) => element("button", { type: "button", className: "lab-act", onclick: () => {
      this.digit = place;
      mark();
      this.update();
    } }, digit));
    const mark = () => buttons.forEach((button, place) => setAttribute(button, "aria-pressed", String(place === this.digit)));
    mark();
    return element("div", { className: "lab-digits", role: "group", ariaLabel: "Test image" }, "Test image", ...buttons);
  }

  card(network) {
    const image = pixelated("", ""), place = element("div"), number = element("strong", { className: "lab-large" });
    const words = element("span", { className: "lab-rest" }, " of test images right");
    const count = element("p", { className: "lab-count" }, number, words);
    const node = this.tint(element("article", {}, networkName(network.name), image, place, count), network.color);
    return { node, image, place, number, network };
  }

  update() {
    const { data, digit, place } = this;
    for (const card of this.cards) {
      const answer = card.network.answers[digit][place];
      card.image.src = answer.image;
      card.image.alt = `${data.digits[digit]}, attacked against ${card.network.name} with ε = ${data.stops[place]}`;
      card.place.replaceChildren(verdict(answer));
      setText(card.number, card.network.accuracies[place]);
    }
    this.chart.point(data.epsilons[place]);
  }
}

const WIDE = 360, HIGH = 220, LEFT = 40, LOW = 184, TOP = 10;

// Lines of accuracy over [0, end], in the colors of their networks, and a vertical guide.
function levelChart(scene, lines, end, title) {
  const across = (value) => LEFT + ((WIDE - LEFT - 10) * value) / end, up = (share) => LOW - (LOW - TOP) * share;
  const picture = svg("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, class: "lab-levels", "aria-hidden": "true" });
  for (const share of [0, 0.5, 1]) {
    picture.append(svg("path", { class: "lab-grid", d: `M${LEFT} ${up(share)}H${WIDE - 10}` }));
    picture.append(svg("text", { x: LEFT - 6, y: up(share) + 4, "text-anchor": "end" }, `${100 * share} %`));
  }
  const step = [0.05, 0.1, 0.2, 0.5, 1, 2, 5].find((each) => end / each <= 7) ?? end;
  for (let value = 0; value <= end + 1e-9; value += step) {
    picture.append(svg("text", { x: across(value), y: LOW + 16, "text-anchor": "middle" }, String(Number(value.toFixed(3)))));
  }
  picture.append(svg("text", { x: (LEFT + WIDE) / 2, y: HIGH - 2, "text-anchor": "middle" }, title));
  const guide = svg("path", { class: "lab-guide" });
  for (const { points, color, half } of lines) {
    const path = points.map(([value, share]) => `${across(value).toFixed(1)} ${up(share).toFixed(1)}`).join("L");
    picture.append(scene.tint(svg("path", { class: "lab-line", d: `M${path}` }), color));
    if (half) picture.append(scene.tint(svg("path", { class: "lab-half", d: `M${across(half)} ${LOW}V${up(points[0][1] / 2)}` }), color));
  }
  picture.append(guide);
  const point = (value) => setAttribute(guide, "d", `M${across(value)} ${TOP}V${LOW}`);
  return { node: element("figure", {}, picture), point };
}
