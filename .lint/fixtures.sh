#!/usr/bin/env bash
# Holds our own lint rules against code that breaks each of them once: a rule that stays silent is no rule.
# Each fixture is fixtures/<rule>.txt: the path of a file, a blank line, its text; a line with // want "…" must be reported with that text.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
lint="$1"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

cp "$here/../.golangci.yml" "$here/../go.mod" "$here/../go.sum" "$work"
for stub in fxcell/target modules/target infra/target/memory cells/target apps/target; do
	mkdir -p "$work/$stub"
	printf '// Package %s is something to import.\npackage %s\n' "$(basename "$stub")" "$(basename "$stub")" >"$work/$stub/a.go"
done

wanted=0
for fixture in "$here"/fixtures/*.txt; do
	path="$(head -n1 "$fixture")"
	mkdir -p "$work/$(dirname "$path")"
	tail -n +3 "$fixture" >"$work/$path"
done

cd "$work"
report="$("$lint" run --allow-parallel-runners --output.text.path stdout --max-same-issues 0 --max-issues-per-linter 0 ./... 2>&1 || true)"
failed=0
for fixture in "$here"/fixtures/*.txt; do
	path="$(head -n1 "$fixture")"
	while IFS=: read -r line text; do
		want="$(sed -n 's/.*\/\/ want "\(.*\)"$/\1/p' <<<"$text")"
		wanted=$((wanted + 1))
		if ! grep -F "$path:$line:" <<<"$report" | grep -qF "$want"; then
			echo "lint fixture $(basename "$fixture"): $path:$line was not reported with: $want"
			failed=1
		fi
	done < <(grep -n '// want "' "$path" || true)
done
if [ "$failed" != 0 ] || [ "$wanted" = 0 ]; then
	echo "$report"
	exit 1
fi
echo "lint fixtures: $wanted violations, each reported"
