#include "mug_page.hpp"

#include <fmt/format.h>

namespace tautrack::program {
namespace {

constexpr const char* page_style =
    R"(body { font-family: sans-serif; max-width: 760px; margin: 1.5em auto; padding: 0 1em; color: #222; }
canvas { display: block; width: 100%; height: auto; cursor: grab; touch-action: none; }
canvas:active { cursor: grabbing; }
input { width: 70%; vertical-align: middle; }
output { font-weight: bold; })";

// The solid is that of mug_solid.cpp.
constexpr const char* page_script =
    R"(const part = name => document.getElementById(name);
const canvas = part('mug'), pen = canvas.getContext('2d');
const fine = 660, half = 1.75, middle = [-0.72, 0, 0.04];
const reach = 1.7;  // From the middle, of all of the solid.
let coarse = 220;   // Pixels of a side while it moves: as many as are drawn in time.
let azimuth = -64, elevation = 39, isPlaying = true, grip = null, growing = 1, last = null, settled = null;

function solidAt(t) {
  const a = Math.min(1, 2 * t), b = Math.max(0, 2 * t - 1);
  const between = (from, to) => from + (to - from) * b;
  const centre = between(-1.2, -1.15), radius = between(0.8, 0.2), tall = between(1, 0.2);
  const ring = between(0.65, 0.75), thick = between(0.16, 0.35), floor = -0.75 + 1.8 * a;
  const body = (x, y, z) =>
    Math.max(Math.sqrt((x - centre) ** 2 + y * y) - radius, Math.abs(z) - tall);
  const handle = (x, y, z) =>
    Math.sqrt((Math.sqrt((x + 0.4) ** 2 + z * z) - ring) ** 2 + y * y) - thick;
  const level = (x, y, z) => {
    const solid = Math.min(body(x, y, z), handle(x, y, z));
    if (a == 1) return solid;
    const cavity = Math.max(Math.sqrt((x - centre) ** 2 + y * y) - 0.6, floor - z, z - 2);
    return Math.max(solid, -cavity);
  };
  return {body, handle, level};
}

// Parallel rays, each traced to the surface in steps of the level.
function render(side) {
  const t = part('t').value / 1000, solid = solidAt(t), level = solid.level;
  const az = azimuth * Math.PI / 180, el = elevation * Math.PI / 180;
  const eye = [Math.cos(el) * Math.cos(az), Math.cos(el) * Math.sin(az), Math.sin(el)];
  const right = [-Math.sin(az), Math.cos(az), 0];
  const up = [-Math.sin(el) * Math.cos(az), -Math.sin(el) * Math.sin(az), Math.cos(el)];
  const mix = (a, b, c) => {
    const v = [0, 1, 2].map(i => a * eye[i] + b * right[i] + c * up[i]);
    const size = Math.hypot(...v);
    return v.map(x => x / size);
  };
  const light = mix(1, -0.85, 0.6), gloss = mix(2.44, -0.85, 0.6), fill = mix(0.5, 0.9, 0);
  const image = pen.createImageData(side, side), pixels = image.data, h = 2e-3;
  for (let row = 0, at = 0; row < side; ++row)
    for (let column = 0; column < side; ++column, at += 4) {
      const r = half * ((2 * column + 1) / side - 1), u = half * (1 - (2 * row + 1) / side);
      pixels[at] = pixels[at + 1] = pixels[at + 2] = pixels[at + 3] = 255;
      const nearest = reach * reach - r * r - u * u;
      if (nearest < 0) continue;
      const front = Math.sqrt(nearest);
      let x = middle[0] + r * right[0] + u * up[0] + front * eye[0];
      let y = middle[1] + r * right[1] + u * up[1] + front * eye[1];
      let z = middle[2] + r * right[2] + u * up[2] + front * eye[2];
      let found = false;
      for (let step = 0, way = 0; step < 120 && way < 2 * front; ++step) {
        const free = level(x, y, z);
        if (free < 1e-3) { found = true; break; }
        way += free;
        x -= free * eye[0];
        y -= free * eye[1];
        z -= free * eye[2];
      }
      if (!found) continue;
      let p = level(x + h, y, z) - level(x - h, y, z), q = level(x, y + h, z) - level(x, y - h, z),
          s = level(x, y, z + h) - level(x, y, z - h);
      const size = Math.sqrt(p * p + q * q + s * s) || 1;
      p /= size;
      q /= size;
      s /= size;
      const facing = v => Math.max(0, p * v[0] + q * v[1] + s * v[2]);
      // What is near in front of a point keeps the sky from it.
      const open = Math.min(1, Math.max(0, level(x + 0.2 * p, y + 0.2 * q, z + 0.2 * s)) / 0.2);
      const bright = (0.36 + 0.1 * s) * (0.4 + 0.6 * open) + 0.6 * facing(light) * (0.5 + 0.5 * open) +
                     0.16 * facing(fill) * open;
      const shine = 0.35 * facing(gloss) ** 40;
      const colour = solid.handle(x, y, z) < solid.body(x, y, z) ? [236, 134, 36] : [50, 146, 210];
      for (let i = 0; i < 3; ++i) pixels[at + i] = Math.min(255, colour[i] * bright + 255 * shine);
    }
  canvas.width = canvas.height = side;
  pen.putImageData(image, 0, 0);
  part('says').textContent = `t = ${t.toFixed(3)}`;
}

// Coarse while something moves, fine when it rests.
function show() {
  const start = performance.now();
  render(Math.round(coarse));
  coarse = Math.min(fine, Math.max(100, coarse * Math.sqrt(30 / (1 + performance.now() - start))));
  clearTimeout(settled);
  if (!isPlaying) settled = setTimeout(() => render(fine), 150);
}
function frame(now) {
  if (!isPlaying) return;
  const seconds = last === null ? 0 : Math.min(0.1, (now - last) / 1000);
  last = now;
  if (!grip) azimuth += 24 * seconds;
  const t = Number(part('t').value) + 110 * growing * seconds;
  if (t >= 1000 || t <= 0) growing = t <= 0 ? 1 : -1;
  part('t').value = Math.min(1000, Math.max(0, t));
  show();
  requestAnimationFrame(frame);
}
function play(on) {
  isPlaying = on;
  last = null;
  part('play').textContent = on ? 'Stop' : 'Play';
  if (on) requestAnimationFrame(frame); else show();
}
function turn(right, up) {
  azimuth -= right;
  elevation = Math.min(89, Math.max(-89, elevation + up));
  show();
}
canvas.addEventListener('pointerdown', event => {
  grip = [event.clientX, event.clientY];
  canvas.setPointerCapture(event.pointerId);
});
canvas.addEventListener('pointermove', event => {
  if (!grip) return;
  turn(0.5 * (event.clientX - grip[0]), 0.5 * (event.clientY - grip[1]));
  grip = [event.clientX, event.clientY];
});
for (const name of ['pointerup', 'pointercancel']) canvas.addEventListener(name, () => { grip = null; });
canvas.addEventListener('keydown', event => {
  const way = {ArrowLeft: [-6, 0], ArrowRight: [6, 0], ArrowUp: [0, -6], ArrowDown: [0, 6]}[event.key];
  if (!way) return;
  event.preventDefault();
  turn(...way);
});
part('t').addEventListener('input', () => isPlaying ? play(false) : show());
part('play').addEventListener('click', () => play(!isPlaying));
play(true);)";

}  // namespace

std::string mug_page(const Figure& figure) {
  return fmt::format(
             "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta "
             "charset=\"utf-8\">\n<title>{0}</title>\n"
             "<style>\n{1}\n</style>\n</head>\n<body>\n<h1>{0}</h1>\n"
             "<canvas id=\"mug\" width=\"220\" height=\"220\" tabindex=\"0\" "
             "aria-label=\"the solid; drag it, or press arrow keys, to turn it\"></canvas>\n"
             "<p><button id=\"play\">Stop</button>\n<input id=\"t\" type=\"range\" min=\"0\" "
             "max=\"1000\" "
             "step=\"any\" value=\"0\" aria-label=\"t\"> <output id=\"says\"></output></p>\n"
             "<p>Drag the solid, or press arrow keys on it, to turn "
             "it.</p>\n<p>{2}</p>\n<script>\n",
             figure.title, page_style, figure.caption) +
         page_script + "\n</script>\n</body>\n</html>\n";
}

}  // namespace tautrack::program
