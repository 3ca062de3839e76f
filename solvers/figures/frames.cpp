#include <algorithm>
#include <array>
#include <cmath>

#include "drawing.hpp"
#include "drivers.hpp"

namespace tautrack::program {
namespace {

constexpr std::array<double, 6> stills = {0.0, 0.6, 0.9, 0.955, 0.98, 1.0};

/// The scene at one tau.
struct Scene {
  double tau;
  FigureTable manifold, evolute, feet;
};

Scene scene_at(const Perceptron& network, double tau, const Box& window, const std::string& tag) {
  const DrawnCurve drawn(network, tau, window);
  Scene scene{tau,
              drawn.manifold("manifold" + tag),
              drawn.evolute("evolute" + tag),
              {"feet" + tag, {"w", "z1", "z2", "dy1", "dy2", "energy", "index"}, {}}};
  const Vector y = network.pattern_weights().cwiseSqrt().cwiseProduct(network.targets());
  for (const OneWeightPoint& foot : stationary_points_of_one_weight(network, tau).points) {
    const Vector z = drawn.curve().position(foot.weight);
    scene.feet.rows.push_back({foot.weight, z(0), z(1), y(0) - z(0), y(1) - z(1), foot.energy,
                               static_cast<double>(foot.index)});
  }
  return scene;
}

std::string projections_text(std::size_t count) {
  return fmt::format("{} projection{}", count, count == 1 ? "" : "s");
}

void add_checks(Figure& figure, const Perceptron& network, const std::vector<Scene>& scenes) {
  const double known[] = {1, 1, 1, 3, 1, 1};
  for (std::size_t i = 0; i < scenes.size(); ++i)
    check(figure, fmt::format("projections of y at tau = {:g}", scenes[i].tau),
          static_cast<double>(scenes[i].feet.rows.size()), known[i], 0);
  const auto count = [&](double tau) {
    return static_cast<double>(stationary_points_of_one_weight(network, tau).points.size());
  };
  for (const double edge : {.9506170631172932, .9608017649578813}) {
    const bool is_first = edge < 0.955;
    check(figure, fmt::format("projections just before tau = {:.6f}", edge), count(edge - 1e-9),
          is_first ? 1 : 3, 0);
    check(figure, fmt::format("projections just after tau = {:.6f}", edge), count(edge + 1e-9),
          is_first ? 3 : 1, 0);
  }
  check(figure, "w of the projection at tau = 0", scenes.front().feet.rows.at(0)[0], .21);
  check(figure, "w of the projection at tau = 1", scenes.back().feet.rows.at(0)[0],
        1.439894532008681);
}

/// An SVG path of a table's points, in pixels; points that are less than a pixel apart are left
/// out.
std::string path_data(const FigureTable& table, const Box& window, double scale) {
  const Box near = window.with_margin(0.1);
  std::string text;
  double last_x = 0.0, last_y = 0.0;
  bool is_open = false;
  for (const std::vector<double>& row : table.rows) {
    if (row.empty() || !near.contains(row[1], row[2])) {
      is_open = false;
      continue;
    }
    const double x = scale * (row[1] - window.left), y = scale * (window.top - row[2]);
    if (is_open && std::abs(x - last_x) + std::abs(y - last_y) < 2.5) continue;
    text += fmt::format("{}{:.1f} {:.1f}", is_open ? "L" : "M", x, y);
    is_open = true;
    last_x = x;
    last_y = y;
  }
  return text;
}

/// Taus of the moving figure: closer together where more happens.
std::vector<double> moving_taus() {
  std::vector<double> taus;
  for (int i = 0; i < 40; ++i) taus.push_back(0.02 * i);
  for (int i = 0; i < 20; ++i) taus.push_back(0.8 + 0.005 * i);
  for (int i = 0; i <= 100; ++i) taus.push_back(0.9 + 0.001 * i);
  return taus;
}

constexpr const char* page_style =
    R"(body { font-family: sans-serif; max-width: 760px; margin: 1.5em auto; color: #222; }
svg { display: block; width: 100%; height: auto; font-size: 15px; }
input { width: 78%; vertical-align: middle; }
output { font-weight: bold; })";

constexpr const char* page_script =
    R"(const part = name => document.getElementById(name);
function dots(frame) {
  return frame.f.map(p => `<line x1="${p[0]}" y1="${p[1]}" x2="${target[0]}" y2="${target[1]}" ` +
    `stroke="#444" stroke-dasharray="6 4"/>` + `<circle cx="${p[0]}" cy="${p[1]}" r="5.5" ` +
    `fill="${p[2] == 1 ? 'white' : 'black'}" stroke="black" stroke-width="2"/>`).join('');
}
function show(i) {
  const frame = frames[i], n = frame.f.length;
  part('manifold').setAttribute('d', frame.z);
  part('evolute').setAttribute('d', frame.e);
  part('feet').innerHTML = dots(frame);
  part('says').textContent = `tau = ${frame.t.toFixed(3)}: ${n} projection${n == 1 ? '' : 's'} of y`;
}
let timer = null;
function play() {
  if (timer) { clearInterval(timer); timer = null; part('play').textContent = 'Play'; return; }
  part('play').textContent = 'Stop';
  timer = setInterval(() => {
    const slider = part('tau');
    slider.value = (Number(slider.value) + 1) % frames.length;
    show(slider.value);
  }, 60);
}
part('tau').addEventListener('input', event => show(event.target.value));
part('play').addEventListener('click', play);
show(part('tau').value);)";

/// The frames as a JavaScript array.
std::string frames_text(const Perceptron& network, const Box& window, double scale) {
  std::string text = "const frames = [\n";
  for (const double tau : moving_taus()) {
    const Scene scene = scene_at(network, std::min(tau, 1.0), window, "");
    text +=
        fmt::format("{{t:{:.4g},z:'{}',e:'{}',f:[", tau, path_data(scene.manifold, window, scale),
                    path_data(scene.evolute, window, scale));
    for (const std::vector<double>& foot : scene.feet.rows)
      text += fmt::format("[{:.1f},{:.1f},{:g}],", scale * (foot[1] - window.left),
                          scale * (window.top - foot[2]), foot[6]);
    text += "]},\n";
  }
  return text + "];\n";
}

/// A star with its centre at the origin.
constexpr const char* star =
    "M0 -11L2.6 -3.6L10.5 -3.4L4.2 1.4L6.5 8.9L0 4.4L-6.5 8.9L-4.2 1.4L-10.5 -3.4L-2.6 -3.6Z";

/// The frame of the page, with numbers and names at its axes.
std::string axes_text(const Box& window, double scale) {
  const double width = scale * window.width(), height = scale * window.height();
  std::string text = fmt::format(
      "<g stroke=\"#555\" fill=\"none\"><rect width=\"{:.1f}\" height=\"{:.1f}\"/>", width, height);
  std::string numbers;
  const double step = roundest(0.1 * window.width(), 0.25 * window.width());
  for (double x = std::ceil(window.left / step); x * step <= window.right; ++x) {
    const double at = scale * (x * step - window.left);
    text += fmt::format("<path d=\"M{0:.1f} {1:.1f}v-7M{0:.1f} 0v7\"/>", at, height);
    numbers += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>", at,
                           height + 19.0, tick_text(x * step));
  }
  for (double y = std::ceil(window.bottom / step); y * step <= window.top; ++y) {
    const double at = scale * (window.top - y * step);
    text += fmt::format("<path d=\"M0 {0:.1f}h7M{1:.1f} {0:.1f}h-7\"/>", at, width);
    numbers += fmt::format("<text x=\"-8\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>", at + 5.0,
                           tick_text(y * step));
  }
  constexpr const char* name = "y<tspan font-size=\"70%\" dy=\"4\">{}</tspan>";
  text += "</g>\n<g fill=\"#222\">" + numbers;
  text += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\">", 0.5 * width, height + 40.0) +
          fmt::format(fmt::runtime(name), 1) + "</text>";
  return text + fmt::format("<text x=\"-52\" y=\"{:.1f}\">", 0.5 * height) +
         fmt::format(fmt::runtime(name), 2) + "</text></g>\n";
}

std::string page(const Figure& figure, const Perceptron& network, const Box& window) {
  const double scale = 720.0 / window.width();
  const Vector y = network.pattern_weights().cwiseSqrt().cwiseProduct(network.targets());
  const double x = scale * (y(0) - window.left), top = scale * (window.top - y(1));
  std::string text = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{}</title>\n"
      "<style>\n{}\n</style>\n</head>\n<body>\n<h1>{}</h1>\n",
      figure.title, page_style, figure.title);
  const double height = scale * window.height();
  text += fmt::format(
      "<svg viewBox=\"-58 -10 {:.0f} {:.0f}\">\n{}"
      "<svg width=\"720\" height=\"{:.1f}\">\n"
      "<path id=\"evolute\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"/>\n"
      "<path id=\"manifold\" fill=\"none\" stroke=\"{}\" stroke-width=\"3.2\"/>\n"
      "<g id=\"feet\"></g>\n"
      "<path d=\"{}\" transform=\"translate({:.1f} {:.1f})\" fill=\"{}\"/>\n</svg>\n</svg>\n",
      720.0 + 58.0 + 20.0, height + 10.0 + 52.0, axes_text(window, scale), height, caustic_colour,
      manifold_colour, star, x, top, target_colour);
  text += fmt::format(
      "<p><button id=\"play\">Play</button>\n"
      "<input id=\"tau\" type=\"range\" min=\"0\" max=\"{}\" value=\"0\" aria-label=\"tau\"></p>\n"
      "<p><output id=\"says\"></output></p>\n<p>Black: the data manifold. Purple: its evolute. "
      "Star: "
      "the target y. Dots: its projections (filled: minima of E; open: "
      "maxima).</p>\n<p>{}</p>\n<script>\nconst target = [{:.1f}, "
      "{:.1f}];\n",
      moving_taus().size() - 1, figure.caption, x, top);
  return text + frames_text(network, window, scale) + page_script +
         "\n</script>\n</body>\n</html>\n";
}

/// The lines and points of one still.
Plot plot_of(const Figure& figure, const Scene& scene, const Vector& y) {
  const std::string feet = file_of(figure, scene.feet.name);
  return Plot()
      .add(file_of(figure, scene.evolute.name), "2:3", caustic_entry().style)
      .add(file_of(figure, scene.manifold.name), "2:3", manifold_entry().style)
      .add(feet, "2:3:4:5", vector_style(1.2, "#444444", "(6,4)"))
      .add(feet, "2:3", point_style(Shape::disc, 1.1, "black"))
      .add(feet, "($7==1?$2:NaN):3", point_style(Shape::disc, 0.65, "white"))
      .mark(y(0), y(1), point_style(Shape::star, 1.2, target_colour, 1.6));
}

}  // namespace

Figure make_frames(const FigureRequest& request) {
  const bool is_thesis = !request.problem;
  const Perceptron network = network_of(request, plane_problem(0.4, 0.9));
  const Box window = is_thesis ? Box{-0.4, 2.0, -0.4, 1.6} : window_of(network);
  const Vector y = network.pattern_weights().cwiseSqrt().cwiseProduct(network.targets());

  Figure figure;
  figure.name = "frames";
  figure.width = 1600;
  // Panels of the shape of the window, two rows of them.
  const double panel_height = 460.0 * window.height() / window.width();
  figure.height = static_cast<int>(2.0 * panel_height) + 290;
  figure.title = is_thesis ? "As τ grows the caustic comes in from infinity and passes over y"
                           : "The caustic as τ grows";
  figure.caption =
      "The data manifold (black) bends as tau grows from 0 to 1, its evolute (purple) comes in "
      "from "
      "infinity, and the target y (star) has more projections while it is inside a wedge of the "
      "evolute.";
  if (is_thesis)
    figure.caption +=
        " X = (3, 1)', y = (0.4, 0.9): one projection, then three for tau between 0.95062 and "
        "0.96080, then one again, and that is not near the first one: the natural path folds "
        "twice.";
  std::vector<Scene> scenes;
  for (std::size_t i = 0; i < stills.size(); ++i) {
    scenes.push_back(scene_at(network, stills[i], window, std::to_string(i + 1)));
    figure.tables.insert(figure.tables.end(),
                         {scenes[i].manifold, scenes[i].evolute, scenes[i].feet});
  }
  if (is_thesis) add_checks(figure, network, scenes);
  figure.html = page(figure, network, window);

  Picture picture = picture_of(figure);
  picture.centred_legend(figure.height - 30,
                         {manifold_entry(),
                          caustic_entry(),
                          target_entry(),
                          {line_style(1.2, "#444444", "(6,4)"), "projection"},
                          {point_style(Shape::disc, 1.1, "black"), "minimum of E"},
                          {point_style(Shape::circle, 1.1, "black", 2.0), "maximum of E"}});
  for (std::size_t i = 0; i < scenes.size(); ++i) {
    const Scene& scene = scenes[i];
    picture
        .panel({80.0 + 512.0 * static_cast<double>(i % 3), i < 3 ? 95.0 : panel_height + 173.0, 460,
                panel_height})
        .equal_ranges(window)
        .names(i < 3 ? "" : "y_1", i % 3 == 0 ? "y_2" : "",
               fmt::format("τ = {:g}: {}", scene.tau, projections_text(scene.feet.rows.size())))
        .plot(plot_of(figure, scene, y));
  }
  figure.script = std::move(picture).script();
  return figure;
}

}  // namespace tautrack::program
