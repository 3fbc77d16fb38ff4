#!/bin/sh
# Gates a change on its policies: the thresholds of each scenario hold, and nothing got worse against the base branch.
#   ./gate.sh                 against origin/main
#   BASE=main SEEDS=50 ./gate.sh
# SEAKEEP is how the program is started, SEEDS how many seeds are compared.
set -eu
base=${BASE:-origin/main}
seeds=${SEEDS:-20}
seakeep=${SEAKEEP:-npx seakeep}
folder=$(git rev-parse --show-prefix)

$seakeep run sims/*.sim.yaml --seeds "$seeds"

before=$(mktemp -d)
trap 'rm -rf "$before"' EXIT
if git show "$base:${folder}policies.yaml" > "$before/policies.yaml" 2> /dev/null; then
  $seakeep compare sims/*.sim.yaml --base "$before/policies.yaml" --head policies.yaml --seeds "$seeds"
else
  echo "there are no policies on $base yet; nothing to compare with"
fi
