#include "layers_page.hpp"

#include <fmt/format.h>

#include "pictures/picture.hpp"

namespace tautrack::program {
namespace {

constexpr const char* page_style =
    R"(body { font-family: sans-serif; max-width: 1400px; margin: 1.5em auto; padding: 0 1em; color: #222; }
.row { display: flex; flex-wrap: wrap; gap: 12px; }
figure { margin: 0; flex: 1 1 240px; }
figcaption { text-align: center; margin-bottom: 4px; }
canvas { border: 1px solid #777; width: 100%; display: block; }
input { width: 60%; vertical-align: middle; }
output { font-weight: bold; })";

constexpr const char* page_script =
    R"(const part = name => document.getElementById(name);
const f = (u, tau) => (1 - tau) * u + tau * Math.tanh(u);
function stages(points, tau) {
  const all = [points];
  for (const {W, b} of layers)
    all.push(all[all.length - 1].map(([x, y]) =>
      [f(W[0] * x + W[1] * y + b[0], tau), f(W[2] * x + W[3] * y + b[1], tau)]));
  return all;
}
function gridLines() {
  const lines = [], half = 1.1, count = 23, fine = 120;
  for (let k = 0; k < count; ++k) {
    const a = -half + 2 * half * k / (count - 1), across = [], along = [];
    for (let i = 0; i <= fine; ++i) {
      const b = -half + 2 * half * i / fine;
      across.push([a, b]);
      along.push([b, a]);
    }
    lines.push(across, along);
  }
  return lines;
}
const grid = gridLines();
function windowOf(points) {
  const xs = points.map(p => p[0]), ys = points.map(p => p[1]);
  const x = [Math.min(...xs), Math.max(...xs)], y = [Math.min(...ys), Math.max(...ys)];
  const half = 0.56 * Math.max(x[1] - x[0], y[1] - y[0]);
  return {x: (x[0] + x[1]) / 2, y: (y[0] + y[1]) / 2, half};
}
function draw(k, lines, curves, dots, last) {
  const canvas = part('c' + k), pen = canvas.getContext('2d'), side = canvas.width;
  const seen = curves[0].length ? curves : dots;
  const at = windowOf(seen[0].concat(seen[1]));
  const place = p => [side * (0.5 + (p[0] - at.x) / (2 * at.half)),
                      side * (0.5 - (p[1] - at.y) / (2 * at.half))];
  const path = points => {
    pen.beginPath();
    points.forEach((p, i) => i ? pen.lineTo(...place(p)) : pen.moveTo(...place(p)));
    pen.stroke();
  };
  pen.clearRect(0, 0, side, side);
  pen.strokeStyle = '#BBBBBB';
  pen.lineWidth = 1;
  lines.forEach(path);
  if (last) {
    const far = 4 * (at.half + Math.hypot(at.x, at.y)) / Math.hypot(v[0], v[1]);
    const foot = [-c * v[0] / (v[0] ** 2 + v[1] ** 2), -c * v[1] / (v[0] ** 2 + v[1] ** 2)];
    pen.strokeStyle = '#000000';
    pen.lineWidth = 2.5;
    pen.setLineDash([12, 9]);
    path([-far, far].map(s => [foot[0] - s * v[1], foot[1] + s * v[0]]));
    pen.setLineDash([]);
  }
  curves.forEach((curve, label) => {
    pen.strokeStyle = pen.fillStyle = colours[label];
    pen.lineWidth = 2;
    path(curve);
    dots[label].forEach(p => {
      const [x, y] = place(p);
      pen.beginPath();
      if (label) {
        pen.moveTo(x, y - 6); pen.lineTo(x + 6, y + 5); pen.lineTo(x - 6, y + 5);
      } else {
        pen.arc(x, y, 4.5, 0, 7);
      }
      pen.fill();
    });
  });
  part('n' + k).textContent = (k ? 'after layer ' + k : 'input') +
    ', window ' + (2 * at.half).toPrecision(3) + ' wide';
}
function show() {
  const tau = part('tau').value / 1000;
  const ofLines = grid.map(line => stages(line, tau));
  const ofCurves = curves.map(curve => stages(curve, tau));
  const ofDots = points.map(set => stages(set, tau));
  for (let k = 0; k <= layers.length; ++k)
    draw(k, ofLines.map(s => s[k]), ofCurves.map(s => s[k]), ofDots.map(s => s[k]),
         k == layers.length);
  let right = 0;
  ofDots.forEach((s, label) => s[layers.length].forEach(h => {
    if ((v[0] * h[0] + v[1] * h[1] + c) * (label ? -1 : 1) > 0) ++right;
  }));
  part('says').textContent = `tau = ${tau.toFixed(3)}: ${right} of ` +
    `${points[0].length + points[1].length} points are on their side of the line`;
}
let timer = null;
function play() {
  if (timer) { clearInterval(timer); timer = null; part('play').textContent = 'Play'; return; }
  part('play').textContent = 'Stop';
  timer = setInterval(() => {
    part('tau').value = (Number(part('tau').value) + 5) % 1005;
    show();
  }, 40);
}
part('tau').addEventListener('input', show);
part('play').addEventListener('click', play);
show();)";

/// Points with this label as a JavaScript array.
std::string points_text(const SpiralData& data, double label) {
  std::string text = "[";
  for (Index j = 0; j < data.labels.size(); ++j)
    if (data.labels(j) == label)
      text += fmt::format("[{:.6g},{:.6g}],", data.points(0, j), data.points(1, j));
  return text + "]";
}

std::string sets_text(std::string_view name, const SpiralData& data) {
  return fmt::format("const {} = [{},\n{}];\n", name, points_text(data, 1.0),
                     points_text(data, -1.0));
}

std::string network_text(const SpiralNetwork& network) {
  std::string text = "const layers = [\n";
  for (const Layer& layer : network.hidden().layers()) {
    const Matrix& W = layer.weights();
    text += fmt::format("{{W: [{:.17g}, {:.17g}, {:.17g}, {:.17g}], b: [{:.17g}, {:.17g}]}},\n",
                        W(0, 0), W(0, 1), W(1, 0), W(1, 1), layer.bias()(0), layer.bias()(1));
  }
  return text + fmt::format("];\nconst v = [{:.17g}, {:.17g}], c = {:.17g};\n",
                            network.direction()(0), network.direction()(1), network.offset());
}

}  // namespace

std::string layers_page(const Figure& figure, const SpiralNetwork& network, const SpiralData& data,
                        const SpiralData& curves) {
  std::string text = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{}</title>\n"
      "<style>\n{}\n</style>\n</head>\n<body>\n<h1>{}</h1>\n<div class=\"row\">\n",
      figure.title, page_style, figure.title);
  for (Index k = 0; k <= SpiralNetwork::layer_count; ++k)
    text += fmt::format(
        "<figure><figcaption id=\"n{0}\"></figcaption><canvas id=\"c{0}\" width=\"520\" "
        "height=\"520\"></canvas></figure>\n",
        k);
  text += fmt::format(
      "</div>\n<p><button id=\"play\">Play</button>\n<input id=\"tau\" type=\"range\" min=\"0\" "
      "max=\"1000\" value=\"1000\" aria-label=\"tau\"></p>\n<p><output id=\"says\"></output></p>\n"
      "<p>{}</p>\n<script>\nconst colours = ['{}', '{}'];\n",
      figure.caption, colours[0], colours[1]);
  return text + network_text(network) + sets_text("points", data) + sets_text("curves", curves) +
         page_script + "\n</script>\n</body>\n</html>\n";
}

}  // namespace tautrack::program
