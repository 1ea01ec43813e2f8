#!/bin/bash
# Installs the Debian packages that a task needs, and only those that are missing.
#
#   deploy/install-debian.sh [run] [test] [proto]      (default: run)
#
# Repeating it changes nothing and needs no network. As another user than root it goes through sudo.
set -euo pipefail

usage() {
    sed -n '2,6s/^# \{0,1\}//p' "$0"
}

# What building, and `notifi up`, need: the C libraries with their headers, the Postgres server programs, runuser; and
# what a Swift toolchain itself wants to find on the machine.
run_packages=(
    librdkafka-dev libpq-dev zlib1g-dev pkg-config
    postgresql util-linux ca-certificates
    git make binutils libc6-dev libgcc-12-dev libstdc++-12-dev libcurl4 libxml2 libsqlite3-0 libncurses6 tzdata
)
# What the tests need on top: a headless browser with its driver, promtool, what installs axe-core and schemathesis,
# clocks that can be moved, and what counts instructions.
test_packages=(chromium chromium-driver prometheus python3-pip python3-venv libfaketime valgrind)
# What `make proto` needs.
proto_packages=(protobuf-compiler)

# axe-core finds what keeps people from using a page. It is MPL-2.0, comes in a Python package, and is only lent to the
# tests: not committed, not part of any program.
axe_package=axe-playwright-python==0.1.8
axe_hash=sha256:fdd263c998388f1a8e67cad02677e612d946248bd44d163be5e8650ea31f95f8
tools="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/.artifacts/tools"

install_axe() {
    [[ -s "$tools/axe.min.js" && "$(cat "$tools/axe.version" 2>/dev/null)" == "$axe_package" ]] && return
    echo "==> Installing: axe-core"
    local folder
    folder=$(mktemp -d)
    echo "$axe_package --hash=$axe_hash" >"$folder/requirements"
    /usr/bin/python3 -m pip --quiet --disable-pip-version-check download --no-deps --only-binary :all: --require-hashes \
        --dest "$folder" --requirement "$folder/requirements"
    /usr/bin/python3 -m zipfile --extract "$folder"/*.whl "$folder/wheel"
    mkdir -p "$tools"
    mv "$folder/wheel/axe_playwright_python/axe.min.js" "$tools/axe.min.js"
    echo "$axe_package" >"$tools/axe.version"
    rm -rf "$folder"
}

# The fuzzer of the API comes from PyPI, too, into a folder that git ignores, not into the system.
schemathesis=4.32.5

install_schemathesis() {
    local folder="$tools/schemathesis"
    if [[ -d "$folder/lib" && -n "$(find "$folder/lib" -type d -name "schemathesis-$schemathesis.dist-info")" ]]; then
        return
    fi
    echo "==> Installing: schemathesis $schemathesis"
    rm -rf "$folder"
    /usr/bin/python3 -m venv "$folder"
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check "schemathesis==$schemathesis"
}

wants_tests=false
wanted=()
for set in "${@:-run}"; do
    case "$set" in
        run) wanted+=("${run_packages[@]}") ;;
        test) wanted+=("${test_packages[@]}"); wants_tests=true ;;
        proto) wanted+=("${proto_packages[@]}") ;;
        -h | --help) usage; exit 0 ;;
        *) echo "install-debian.sh: unknown set '$set' (run, test or proto)" >&2; exit 64 ;;
    esac
done

if ! command -v dpkg-query >/dev/null; then
    echo "install-debian.sh: this is not Debian; install by other means: ${wanted[*]}" >&2
    exit 1
fi

missing=()
for package in "${wanted[@]}"; do
    status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
    [[ "$status" == installed ]] || missing+=("$package")
done

if ((${#missing[@]} > 0)); then
    as_root=()
    if ((EUID != 0)); then
        if ! command -v sudo >/dev/null; then
            echo "install-debian.sh: as root, install: ${missing[*]}" >&2
            exit 1
        fi
        as_root=(sudo)
    fi

    echo "==> Installing: ${missing[*]}"

    # Notifi runs a private cluster of its own. Debian would make one and start it; say no, before Postgres is there.
    if [[ " ${missing[*]} " == *" postgresql "* && ! -e /etc/postgresql-common/createcluster.conf ]]; then
        "${as_root[@]}" mkdir -p /etc/postgresql-common
        echo "create_main_cluster = false" | "${as_root[@]}" tee /etc/postgresql-common/createcluster.conf >/dev/null
    fi

    # Debian starts what it installs (a Prometheus server on port 9090, say). Only the programs are wanted here, so
    # starting is refused for as long as this runs.
    policy=/usr/sbin/policy-rc.d
    if [[ ! -e "$policy" ]]; then
        trap '"${as_root[@]}" rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
        "${as_root[@]}" chmod 755 "$policy"
    fi

    apt=(env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0)
    "${as_root[@]}" "${apt[@]}" update
    "${as_root[@]}" "${apt[@]}" install --yes --no-install-recommends "${missing[@]}"
    if [[ " ${missing[*]} " == *" prometheus "* ]] && command -v systemctl >/dev/null; then
        "${as_root[@]}" systemctl disable --quiet prometheus.service || true
    fi
    echo "==> Installed"
fi

if "$wants_tests"; then
    install_axe
    install_schemathesis
fi

if ! command -v "${SWIFT:-swift}" >/dev/null; then
    echo "install-debian.sh: there is no '${SWIFT:-swift}' in PATH; install Swift 6.3 or newer from https://swift.org" >&2
    exit 1
fi
