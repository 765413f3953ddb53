#!/bin/sh
# The browser tests drive Debian's chromium, by choice without its windows. Install it where that is possible; else the
# tests say why they are skipped.
set -u
command -v chromium-headless-shell >/dev/null 2>&1 && exit 0
install() { DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$1" fonts-noto-cjk >/dev/null 2>&1; }
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing chromium and a CJK font for the browser tests"
  apt-get update -qq >/dev/null 2>&1
  install chromium-headless-shell || command -v chromium >/dev/null 2>&1 || install chromium && exit 0
fi
command -v chromium >/dev/null 2>&1 && exit 0
echo "chromium is not installed (apt-get install chromium-headless-shell fonts-noto-cjk): the browser tests will be skipped"
