#!/usr/bin/env bash
# Make the environment $1 and install the pinned file $2 and the project into it: with uv where it is, else with venv and pip.
set -eu
venv=$1 wanted=$2

find_python() {
  for name in python3 python3.13 python3.12 python3.11 python; do
    if "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null; then
      echo "$name"; return
    fi
  done
  echo "Parallax needs Python 3.11, 3.12 or 3.13; none was found on this machine." >&2
  exit 2
}

install() {
  if command -v uv >/dev/null 2>&1; then uv pip install -q --python "$venv/bin/python" "$@"
  else "$venv/bin/python" -m pip install -qq --disable-pip-version-check "$@"; fi
}

if ! "$venv/bin/python" -c '' 2>/dev/null; then    # missing, or cut off half way
  python=$(find_python)
  echo "setting up $venv ($("$python" --version)); this takes up to two minutes the first time"
  rm -rf "$venv"
  "$python" -m venv "$venv"
fi
if ! "$venv/bin/python" -c 'import pip' 2>/dev/null; then "$venv/bin/python" -m ensurepip >/dev/null; fi
install -r "$wanted"
install --no-deps --no-build-isolation -e .        # so that `import analysis` works in a notebook of any folder
