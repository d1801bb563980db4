#!/usr/bin/env bash
# The first minutes with tilegan: seconds from an empty folder to the first picture, step by step.
#
# Method: a clone of the last commit and a virtual environment in an empty folder, pip without its cache, the versions
# of constraints.txt, then the commands that `tilegan` without arguments names. Each step is timed once by wall time;
# the time of installing depends on the network. Prediction: all but installing takes less than a minute on two cores.
#
# usage: benchmarks/first_minutes.sh [pip arguments, such as --extra-index-url https://download.pytorch.org/whl/cpu]
set -euo pipefail

repository=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
bin=$work/environment/bin

step() { # step NAME COMMAND...: run a command, and print its seconds
  local name=$1 start=$EPOCHREALTIME
  shift
  "$@" > log 2>&1 || { cat log; echo "failed: $name"; exit 1; }
  awk -v name="$name" -v start="$start" -v end="$EPOCHREALTIME" 'BEGIN { printf "%-42s %7.1f s\n", name, end - start }'
}

begin=$SECONDS
step "git clone" git clone --quiet --no-hardlinks "$repository" checkout
step "python3 -m venv" python3 -m venv environment
step "pip install" "$bin/pip" install --no-cache-dir "$@" -c checkout/constraints.txt ./checkout
step "tilegan, the first time (files are compiled)" "$bin/tilegan"
step "tilegan" "$bin/tilegan"
step "tilegan sample sample.png" "$bin/tilegan" sample sample.png
step "tilegan stylize sample.png, the first time" "$bin/tilegan" stylize sample.png
step "tilegan stylize sample.png, again" "$bin/tilegan" stylize sample.png --overwrite
step "tilegan doctor" "$bin/tilegan" doctor
printf '%-42s %7d s\n' "all" $((SECONDS - begin))
du -sh environment | awk '{ print "size of the environment: " $1 }'
