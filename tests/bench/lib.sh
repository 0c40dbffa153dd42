# shellcheck shell=sh
# What the benchmarks share: . lib.sh

row() { # FIGURE VALUE
	printf '%-58s %s\n' "$1" "$2"
}

has() {
	command -v "$1" >/dev/null 2>&1
}

# Lines of numbers to the median of each column.
medians() {
	awk '{ for (i = 1; i <= NF; i++) v[i, NR] = $i; fields = NF }
	END {
		for (i = 1; i <= fields; i++) {
			for (j = 1; j <= NR; j++)
				for (k = j + 1; k <= NR; k++)
					if (v[i, k] + 0 < v[i, j] + 0) {
						t = v[i, j]
						v[i, j] = v[i, k]
						v[i, k] = t
					}
			line = line " " v[i, int((NR + 1) / 2)]
		}
		print line
	}'
}

ratio() {
	awk -v a="$1" -v b="$2" 'BEGIN { if (b > 0) printf "%.2f", a / b }'
}
