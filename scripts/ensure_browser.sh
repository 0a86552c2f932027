#!/usr/bin/env bash
# Finds Chromium for the browser tests and prints its path on standard output.
#
# Looks at $CHROMIUM, then along the path. Where there is none, installs Debian's package if that
# is possible (root, apt-get), else says what to do. Without a browser the tests that need one are
# skipped with the reason; with CI=true a missing browser is a failure (exit 1).
set -euo pipefail

find_browser() {
    local name
    for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do
        if [ -n "$name" ] && command -v "$name"; then
            return 0
        fi
    done
    return 1
}

if find_browser; then
    exit 0
fi

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "No Chromium found: installing Debian's package for the browser tests" >&2
    {
        apt-get update -q && DEBIAN_FRONTEND=noninteractive \
            apt-get install -q -y --no-install-recommends chromium
    } </dev/null >&2 || echo "The package could not be installed" >&2
    if find_browser; then
        exit 0
    fi
fi

echo "No Chromium found. Install the package 'chromium', or set CHROMIUM to a browser's path." >&2
if [ "${CI:-}" = true ]; then
    exit 1
fi
echo "The browser tests will be skipped." >&2
