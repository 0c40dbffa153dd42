#!/bin/sh
# usage: run-fuzz.sh SECONDS DIR PROGRAM...
# Runs fuzz targets, as many at a time as there are processors, each for
# SECONDS, from the kept inputs in tests/fuzz/corpus/TARGET and those in
# DIR/TARGET, where what is new goes. An input that fails is kept in
# $BUILD/fuzz/failed/. FUZZ_SHORT: so many seconds for those that are not named
# in FUZZ_LONG.
: "${BUILD:=build}" "${FUZZ_SEED:=}" "${FUZZ_SHORT:=}" "${FUZZ_LONG:=}"
here=tests/fuzz

if [ "$1" = --one ]; then
	seconds=$2 program=$4
	name=${program##*/fuzz_}
	case " $FUZZ_LONG " in
	*" $name "*) ;;
	*) seconds=${FUZZ_SHORT:-$seconds} ;;
	esac
	found=$3/$name
	mkdir -p "$found" "$BUILD/fuzz/failed"
	set -- "-max_total_time=$seconds" -max_len=4400 -timeout=25 \
		-rss_limit_mb=1024 -print_final_stats=1 \
		"-artifact_prefix=$BUILD/fuzz/failed/$name-"
	[ -z "$FUZZ_SEED" ] || set -- "$@" "-seed=$FUZZ_SEED"
	[ ! -f "$here/$name.dict" ] || set -- "$@" "-dict=$here/$name.dict"
	# A hang of the fuzzer itself ends too.
	timeout -k 5 $((seconds + 120)) "$program" "$@" "$found" \
		"$here/corpus/$name" >"$BUILD/fuzz/$name.log" 2>&1 </dev/null
	echo $? >"$BUILD/fuzz/$name.end"
	exit 0
fi

seconds=$1 dir=$2
shift 2
mkdir -p "$BUILD/check" "$BUILD/fuzz" || exit 1
rm -f "$BUILD/check/fuzz.count" "$BUILD"/fuzz/*.end
printf '%s\n' "$@" | xargs -P "$(nproc 2>/dev/null || echo 2)" -I {} \
	"$0" --one "$seconds" "$dir" {}

passed=0
failed=0
for program; do
	name=${program##*/fuzz_}
	log=$BUILD/fuzz/$name.log
	status=99
	read -r status <"$BUILD/fuzz/$name.end"
	if [ "$status" -eq 0 ]; then
		passed=$((passed + 1))
		awk -v name="$name" '
			/ cov: / {
				for (i = 1; i < NF; i++)
					value[$i] = $(i + 1)
			}
			/^stat::number_of_executed_units/ { runs = $2 }
			/^stat::new_units_added/ { new = $2 }
			END {
				printf "ok      fuzz %s: ", name
				printf "%d executions, %d edges, ", runs,
					value["cov:"]
				printf "%d features, %d new inputs\n",
					value["ft:"], new
			}' "$log"
	else
		failed=$((failed + 1))
		echo "FAILED  fuzz $name: ended with status $status"
		# What went wrong, where, and the input.
		grep -aE 'not so|ERROR|SUMMARY|runtime error|Test unit written' \
			"$log" | sed 's/^/    /'
		grep -aE '^ *#[0-9]+ .*/(lib|supervisor|tests)/[a-z_]+[.]c' \
			"$log" | head -n 12 | sed 's/^/    /'
		echo "    the whole: $log"
	fi
done
echo "$passed $failed" >"$BUILD/check/fuzz.count"
echo "fuzz: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
