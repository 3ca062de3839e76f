#include "io/command_line.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <sstream>
#include <string_view>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "tautrack/core/nearest_name.hpp"

#include "io/output_files.hpp"
#include "io/text.hpp"
#include "io/usage_error.hpp"

namespace tautrack::program {
namespace {

constexpr std::size_t help_column = 28;  ///< Where the help of an option begins.

/// The examples of a text, their headline included; empty: it has none.
std::string examples_in(const std::string& text) {
  const std::string_view headline = "Examples:\n";
  const std::size_t begin = text.find(headline);
  return begin == std::string::npos ? "" : text.substr(begin, text.find("\n\n", begin) - begin);
}

/// Help in which a subcommand is listed with the first line of its description only, and that of a subcommand fits a
/// screen: its essential options and examples. --help-all has everything.
class HelpFormatter : public CLI::Formatter {
 public:
  void know(const CLI::App* app, const Command& command) { commands_[app] = &command; }

  [[nodiscard]] std::string make_subcommand(const CLI::App* command) const override {
    const std::string text = command->get_description();
    return fmt::format("  {:<{}}{}\n", command->get_name(), get_column_width() - 2,
                       text.substr(0, text.find('\n')));
  }

  [[nodiscard]] std::string make_help(const CLI::App* app, std::string name,
                                      CLI::AppFormatMode mode) const override {
    const auto found = commands_.find(app);
    if (mode != CLI::AppFormatMode::Normal || found == commands_.end() ||
        found->second->essentials().empty())
      return CLI::Formatter::make_help(app, std::move(name), mode);
    const Command& command = *found->second;
    std::string help = command.about().substr(0, command.about().find('\n')) + "\n\n";
    help += make_usage(app, name) + '\n';
    for (const std::string& essential : command.essentials()) {
      const CLI::Option* const option = app->get_option(essential);
      help += make_option(option, option->get_positional());
    }
    if (const std::string examples = examples_in(command.more()); !examples.empty())
      help += '\n' + examples + '\n';
    return help + fmt::format("\nAll options, what they mean, and the exit status: {} {}\n", name,
                              all_flag);
  }

  static constexpr const char* all_flag = "--help-all";

 private:
  std::map<const CLI::App*, const Command*> commands_;
};

CLI::Option* add_option(CLI::App& app, const Option& option) {
  const auto take = [&option](const std::string& text) {
    if (const std::optional<std::string> reason = option.take(text))
      throw UsageError(fmt::format("{}: {}", option.name, *reason));
  };
  if (option.kind == Option::Kind::flag)
    return app.add_flag_callback(
        option.name, [take] { take(""); }, option.help);
  if (option.kind == Option::Kind::list || option.repeated)
    return app
        .add_option_function<std::vector<std::string>>(
            option.name,
            [take](const std::vector<std::string>& texts) {
              std::for_each(texts.begin(), texts.end(), take);
            },
            option.help)
        ->type_name(option.what)
        ->allow_extra_args(option.kind == Option::Kind::list);  // Else one value each time.
  return app.add_option_function<std::string>(option.name, take, option.help)
      ->type_name(option.what)
      ->default_str(option.default_text);
}

CLI::App* add_subcommand(CLI::App& program, const Command& command) {
  CLI::App* const app = program.add_subcommand(command.name(), command.about());
  app->footer(command.more());
  for (const Option& option : command.options()) {
    CLI::Option* const added = add_option(*app, option)->required(option.required);
    if (!option.group.empty()) added->group(option.group);
  }
  return app;
}

/// Keeps what the command line gave the options.
void keep_given(const CLI::App& app, Command& command) {
  for (Option& option : command.options()) {
    const CLI::Option& read = *app.get_option(option.name);
    option.given = read.count() > 0 ? read.results() : std::vector<std::string>();
  }
}

/// Names of all options of the app, with their dashes.
std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

/// What a command line is told whose options are not all known: about the first of these. Empty when
/// they are.
/// @param arguments What was left over.
std::string unknown_option(const std::vector<std::string>& arguments, const CLI::App& app,
                           const std::string& of) {
  for (const std::string& argument : arguments) {
    if (argument.size() < 2 || argument[0] != '-' || read_number(argument)) continue;
    const std::string name = argument.substr(0, argument.find('='));
    const std::string known = nearest_name(name, option_names(app));
    return fmt::format("there is no option {}{}{}", cut(name, quote_width), of,
                       known.empty() ? "" : fmt::format("; did you mean {}?", known));
  }
  return {};
}

}  // namespace

const Command* read_command_line(const ProgramText& text, std::vector<Command>& commands, int argc,
                                 char** argv) {
  CLI::App program(text.about, "tautrack");
  program.footer(text.more);
  program.set_version_flag("--version", text.version, "Print the version and exit");
  program.require_subcommand(1);
  const auto formatter = std::make_shared<HelpFormatter>();
  formatter->column_width(help_column);
  program.formatter(formatter);
  std::vector<CLI::App*> apps;
  for (const Command& command : commands) {
    apps.push_back(add_subcommand(program, command));
    formatter->know(apps.back(), command);
    if (!command.essentials().empty())
      apps.back()->set_help_all_flag(HelpFormatter::all_flag, "Print all of it and exit");
  }
  const auto named = [&] {
    const std::vector<CLI::App*> parsed = program.get_subcommands();
    return parsed.empty() ? "" : parsed.front()->get_name() + ' ';
  };
  // An option that is misspelt is told before all that may follow from it.
  const auto misspelt = [&]() -> std::string {
    const std::vector<CLI::App*> parsed = program.get_subcommands();
    return parsed.empty() ? unknown_option(program.remaining(), program, "")
                          : unknown_option(program.remaining(true), *parsed.front(),
                                           " of " + parsed.front()->get_name());
  };
  const auto refuse = [&](const std::string& reason) {
    throw UsageError(fmt::format("{} (see tautrack {}--help)", reason, named()));
  };
  try {
    program.parse(argc, argv);
  } catch (const CLI::Success& success) {
    std::ostringstream help;
    program.exit(success, help, help);
    write_standard_output(help.str());
    return nullptr;
  } catch (const CLI::RequiredError& error) {
    const bool names_unknown = named().empty() && argc > 1 && argv[1][0] != '-';
    if (names_unknown) {
      std::vector<std::string> known;
      for (const Command& command : commands) known.push_back(command.name());
      refuse(fmt::format("there is no subcommand '{}'{}", argv[1], suggestion(argv[1], known)));
    }
    const std::string unknown = misspelt();
    refuse(unknown.empty() ? error.what() : unknown);
  } catch (const CLI::ParseError& error) {
    const std::string unknown = misspelt();
    refuse(unknown.empty() ? error.what() : unknown);
  } catch (const UsageError&) {
    if (const std::string unknown = misspelt(); !unknown.empty()) refuse(unknown);
    throw;
  }
  std::size_t chosen = 0;
  while (!apps[chosen]->parsed()) ++chosen;
  keep_given(*apps[chosen], commands[chosen]);
  return &commands[chosen];
}

void read_arguments(Command& command, std::vector<std::string> arguments) {
  CLI::App program;
  const CLI::App& app = *add_subcommand(program, command);
  arguments.insert(arguments.begin(), command.name());
  std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the end.
  try {
    program.parse(std::move(arguments));
  } catch (const CLI::ExtrasError& error) {
    throw UsageError(
        fmt::format("there is no such option of {}: {}", command.name(), printable(error.what())));
  } catch (const CLI::Error& error) {
    throw UsageError(printable(error.what()));
  }
  keep_given(app, command);
}

}  // namespace tautrack::program
