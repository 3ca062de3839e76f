#pragma once

#include "commands/track.hpp"

/// `tautrack track --hidden`: the branches of the natural homotopy of a network with a hidden layer.
namespace tautrack::program {

/// Runs the subcommand for a hidden layer and writes its results. Returns the exit status.
/// @throws UsageError, DataError
int run_track_hidden(TrackRequest request);

}  // namespace tautrack::program
