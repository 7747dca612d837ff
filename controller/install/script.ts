import type { AgentPackage } from './packages.ts';

export interface ScriptFacts {
  /** As the caller reached us: `noc.example.net:8883`. */
  readonly controller: string;
  /** `sha256//…`, of the key behind this very connection. */
  readonly pin: string;
  readonly packages: readonly AgentPackage[];
}

/** The installer, for any POSIX shell, with the address, the pin and every checksum in it. Pure. */
export const installerScript = ({ controller, pin, packages }: ScriptFacts): string => {
  const cases = packages.map(
    ({ architecture, deb, tarball }) =>
      `    ${architecture}) deb='${deb.name}' deb_sum='${deb.sha256}' tarball='${tarball.name}' tarball_sum='${tarball.sha256}' ;;`,
  );
  return SCRIPT.replace('@CONTROLLER@', controller)
    .replace('@PIN@', pin)
    .replace('@VERSION@', packages[0]?.version ?? '')
    .replace('@PACKAGES@', cases.join('\n'));
};

const SCRIPT = String.raw`#!/bin/sh
# Installs the Sonde agent of this controller and enrols this host. What is downloaded comes from the controller itself, over a connection
# whose key is pinned, and is checked against the checksums below.
set -eu

controller='@CONTROLLER@'
pin='@PIN@'
version='@VERSION@'

usage() {
  cat <<END
curl -fsSLk --pinnedpubkey $pin https://$controller/install.sh | sh -s -- [options]

  --token-file FILE   file with the enrolment token (or SONDE_TOKEN in the environment, or --token TOKEN)
  --name ID           the id that this agent would like; the host name unless said
  --label KEY=VALUE   a label of this agent; may be given again
  --tarball           do not use dpkg even where it is there
  --no-register       install only
  --dry-run           say what would be done, and do nothing
END
}

fail() { echo "install.sh: $1" >&2; exit "$2"; }
run() { if [ "$dry" = 1 ]; then echo "would run: $*"; else "$@"; fi; }
have() { command -v "$1" >/dev/null 2>&1; }

fetch() { # NAME SUM: into the working directory, checked
  if [ "$dry" = 1 ]; then echo "would download: https://$controller/packages/$1 (sha256 $2)"; return; fi
  echo "downloading $1"
  curl -fL --progress-bar -k --pinnedpubkey "$pin" -o "$work/$1" "https://$controller/packages/$1" || fail "$1 cannot be downloaded" 69
  echo "$2  $work/$1" | sha256sum -c - >/dev/null || fail "$1 is not what the controller said it would be" 65
}

install_deb() {
  fetch "$deb" "$deb_sum"
  run env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$work/$deb"
}

install_tarball() {
  have xz || fail "xz is missing: install it, or use the container image" 69
  fetch "$tarball" "$tarball_sum"
  run tar -xJf "$work/$tarball" -C / ./usr/bin ./usr/lib ./usr/share/man
  for file in agent.yaml limits.yaml; do
    [ -e "/etc/sonde/$file" ] || run tar -xJf "$work/$tarball" -C / "./etc/sonde/$file"
  done
  if ! id sonde-agent >/dev/null 2>&1; then
    if have systemd-sysusers; then run systemd-sysusers sonde-agent.conf
    else run useradd --system --user-group --no-create-home --home-dir /var/lib/sonde-agent --shell /usr/sbin/nologin sonde-agent; fi
  fi
  [ -d /var/lib/sonde-agent ] || run install -d -m 0700 -o sonde-agent -g sonde-agent /var/lib/sonde-agent
  [ ! -d /run/systemd/system ] || run systemctl daemon-reload
}

check_host() {
  case $(uname -m) in
    x86_64) arch=amd64 ;;
    aarch64) arch=arm64 ;;
    *) fail "there is no agent for $(uname -m): x86_64 and aarch64 are supported" 69 ;;
  esac
  deb=''
  case $arch in
@PACKAGES@
  esac
  [ -n "$deb" ] || fail "this controller has no package for $arch" 69
  libc=$(getconf GNU_LIBC_VERSION 2>/dev/null | sed 's/glibc //') || libc=''
  [ -n "$libc" ] || fail "this host has no glibc (musl, as on OpenWrt and Alpine, is not supported): use the container image" 69
  oldest=$(printf '%s\n2.28\n' "$libc" | sort -V | head -n 1)
  [ "$oldest" = 2.28 ] || fail "glibc $libc is too old: 2.28 or later is needed" 69
  have curl && have sha256sum || fail "curl and sha256sum are needed" 69
  [ "$dry" = 1 ] || [ "$(id -u)" = 0 ] || fail "run this as root: ... | sudo sh -s -- ..." 77
}

main() {
  dry=0 tar_only=0 register=1 token_file='' name='' labels=''
  while [ $# -gt 0 ]; do
    case $1 in
      --token-file) token_file=$2; shift ;;
      --token) SONDE_TOKEN=$2; export SONDE_TOKEN; shift ;;
      --name) name=$2; shift ;;
      --label) labels="$labels --label $2"; shift ;;
      --tarball) tar_only=1 ;;
      --no-register) register=0 ;;
      --dry-run) dry=1 ;;
      --help) usage; exit 0 ;;
      *) usage >&2; fail "there is no option $1" 64 ;;
    esac
    shift
  done
  if [ "$register" = 1 ] && [ -z "$token_file" ] && [ -z "$(printenv SONDE_TOKEN)" ] && [ ! -e /var/lib/sonde-agent/identity.json ]; then
    fail "a token is needed: make one on the controller (Enrol, or \"token create\"), or say --no-register" 64
  fi
  [ -z "$token_file" ] || [ -r "$token_file" ] || fail "$token_file cannot be read" 64
  check_host
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  chmod 755 "$work" # apt's own user reads from here
  if [ "$tar_only" = 0 ] && have dpkg && have apt-get; then install_deb; else install_tarball; fi
  [ "$dry" = 1 ] || sonde-agent --help >/dev/null || fail "the agent does not start here; what it misses: $(ldd /usr/lib/sonde-agent/sonde-agent | grep 'not found')" 69
  [ "$register" = 1 ] || exit 0
  set -- register "$controller"
  [ -z "$token_file" ] || set -- "$@" --token-file "$token_file"
  [ -z "$name" ] || set -- "$@" --name "$name"
  # shellcheck disable=SC2086 # labels have no blanks
  run sonde-agent "$@" $labels
}

main "$@"
`;
