#!/usr/bin/env bash
# Gets the AWS clients of test/e2e/sdks.test.ts from their registries into a folder, in the versions that
# their lock files pin. What is there already and unchanged is left alone; what could not be had is
# named, and its log shown. Ends with 1 if that is one of the clients that must be there.
#
# POD_IAM_E2E_CLIENTS   the folder; default tmp/e2e-clients of the repository
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=${POD_IAM_E2E_CLIENTS:-$here/../../../tmp/e2e-clients}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
required='boto3 awscli js go java rust'
missing=$folder/missing
: >"$missing"

main() {
  # Rust takes about as long as all the others together.
  get rust "$here/rust" &
  for name in boto3 boto3-old aiobotocore awscli; do get "$name" "$here/python/$name.txt"; done
  get js "$here/js"
  get java "$here/java"
  get go "$here/go"
  wait
  for name in $(cat "$missing"); do
    case " $required " in *" $name "*) echo "clients: $name must be there" && return 1 ;; esac
  done
}

# get NAME SOURCE: runs make_NAME in a folder of its own unless that holds what the source asks for.
get() {
  local name=$1 source=$2 target=$folder/$1 log=$folder/$1.log started=$SECONDS state
  state=$(find "$source" "$here/prepare.sh" -type f | LC_ALL=C sort | xargs cat | sha256sum)
  if [ "$(cat "$target/.state" 2>/dev/null)" = "$state" ]; then
    echo "clients: $name is there"
    return
  fi
  rm -rf "$target"
  mkdir -p "$target"
  # Not as the condition itself: there -e would not hold.
  (set -e; cd "$target"; "make_${name%%-old}" "$source") >"$log" 2>&1
  if [ $? -eq 0 ]; then
    echo "$state" >"$target/.state"
    echo "clients: $name got in $((SECONDS - started)) s"
  else
    rm -rf "$target"
    echo "$name" >>"$missing"
    echo "clients: $name could not be had:"
    tail -n 8 "$log" | sed 's/^/    /'
  fi
}

# An environment of its own for each: their pins exclude each other.
make_python() {
  python3 -m venv --without-pip .
  python3 -m pip --python bin/python --disable-pip-version-check install --quiet --no-deps -r "$1"
}
make_boto3() { make_python "$1"; }
make_aiobotocore() { make_python "$1"; }
make_awscli() { make_python "$1"; }

make_js() {
  cp "$1"/*.js "$1"/*.json .
  npm ci --ignore-scripts --no-audit --no-fund --silent
}

make_java() {
  cp -r "$1"/. .
  mvn -B -q dependency:copy-dependencies -DoutputDirectory=lib
  javac -cp 'lib/*' -d classes src/main/java/clients/*.java
}

make_go() { (cd "$1" && go build -trimpath -o "$OLDPWD/" ./...); }

make_rust() {
  cargo build --quiet --locked --manifest-path "$1/Cargo.toml" --target-dir target
  mv target/debug/pod-iam-client client
  rm -rf target
}

main
