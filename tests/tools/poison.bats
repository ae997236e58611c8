# Memory that was never set decides nothing: the same input gives the same bytes, on the wire and in checkpoints.

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	cat >in.csv <<-'END'
		k,b,i,f,s,t
		1,true,1,0.5,a,2024-01-01T00:00:01
		1,,,,,
		2,false,-3,1.5,b,2024-01-01T00:00:02
		,true,4,,c,2024-01-01T00:00:03
		3,,5,2.5,,2024-01-01T00:00:05
		3,,6,,,2024-01-01T00:00:06
		2,true,,4,zz,
	END
	printf 'k,u,v,w\n1,true,9,x\n4,,8,\n,false,7,y\n1,,,\n' >other.csv
	types='k int, b bool, i int, f float, s str, t datetime'
}

filled() { # BYTE COMMAND: the command, with memory that is filled with this byte and its complement
	MALLOC_PERTURB_=$1 GLIBC_TUNABLES=glibc.malloc.tcache_count=0 \
		ASAN_OPTIONS=$ASAN_OPTIONS:malloc_fill_byte=$1:free_fill_byte=$1 bash -o pipefail -c "$2"
}

alike() { # COMMAND: its output is the same, whatever memory held
	local byte
	for byte in 1 85 170; do
		filled "$byte" "$1" >"out.$byte" || { echo "$1: status $?"; return 1; }
		[ -s "out.$byte" ] && cmp out.1 "out.$byte" || { echo "$1: filled with $byte" && return 1; }
	done
}

@test "nulls of every operator have the same bytes on the wire" {
	local each
	pw-read -s "$types" in.csv >in.pws
	printf 'k,b,i\n1,,\n,true,\n' | pw-read -f csv -s 'k int, b bool, i int' - >right.pws
	for each in \
		"pw-groupby -k k count 'min(b)' 'max(b)' 'max(f)' 'list(s)' 'list(b)' 'sum(i)' 'avg(f)' 'median(f)'" \
		"pw-groupby -k b 'any(k)' 'any(t)' 'argmax(b, i)' 'argmin(t, f)' 'stddev_pop(f)' 'quantile(f, 0.3)' 'bool_or(b)' 'unique(b)' 'set(b)'" \
		"pw-lag -k k -o t" \
		"pw-lag -o t --diff i,f b" \
		"pw-lag -o t --interpolate f s" \
		"pw-join -k k --left - other.csv" \
		"pw-join -k k --full - other.csv" \
		"pw-dedup -k k -o t | pw-update --cells -k k - right.pws" \
		"pw-head -k k -o t -n 1" \
		"pw-dedup -k k -o t" \
		"pw-select 'l = [i, NULL]' b f | pw-flatten l" \
		"pw-select '[b, NULL][1]' 'g = greatest(b)' 'r = try(require(b, i), NULL)' 'm = list_max([t])' u=try\(unwrap\(k\),NULL\)" \
		"pw-select 'x = CASE WHEN b THEN f END' 'y = coalesce(b, b)' 'z = i IN (1, k)' 'w = k::str::int'" \
		"pw-filter 'b OR least(b, i > 3)'"; do
		alike "pw-read -q --on-error skip -s '$types' in.csv | $each"
	done
}

@test "nulls have the same bytes in checkpoints" {
	local byte file
	for byte in 1 85 170; do
		filled "$byte" "pw-read --state state.$byte -s '$types' in.csv |
			pw-select '*' 'g = greatest(b)' 'e = [i][1]' | pw-lag -k k -o t |
			pw-groupby -k k count 'min(g)' 'list(b)' 'max(e)' 'median(f)' 'min(prev_b)' |
			pw-head -k min_g -o count -n 1 | pw-write --table out.csv"
		mkdir "files.$byte"
		for file in state."$byte"/*/checkpoint*; do
			cp "$file" "files.$byte/$(basename "$(dirname "$file")")-$(basename "$file")"
		done
	done
	[ "$(ls files.1 | wc -l)" -ge 3 ] || { find state.1; return 1; }
	diff -r files.1 files.85 && diff -r files.1 files.170
}
