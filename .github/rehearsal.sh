#!/usr/bin/env bash
# Compares how the steps of rehearsal.yml ended with how they should. ROWS holds a line for each: what was rehearsed, what
# is expected, what was seen, separated by " | ". Writes a table to the job summary, and fails where a line differs.
set -eu

code=0
table=""
while IFS='|' read -r what expected seen; do
  [ -n "$what" ] || continue
  what=$(xargs <<< "$what")
  expected=$(xargs <<< "$expected")
  seen=$(xargs <<< "$seen")
  mark="✅"
  if [ "$expected" != "$seen" ]; then
    mark="❌ expected \`$expected\`"
    echo "::error::$what: expected \"$expected\", saw \"$seen\""
    code=1
  fi
  table="$table| $what | \`$seen\` | $mark |"$'\n'
done <<< "$ROWS"

printf '## %s\n\n| rehearsed | outcome and outputs | |\n| --- | --- | --- |\n%s' "$TITLE" "$table" >> "$GITHUB_STEP_SUMMARY"
exit $code
