# What other tests break programs with does what it says: helpers/fault.c, helpers/power_cut.c, and
# the bugs of lib/base/plant.h.

setup() {
	[ -x "$BUILD/bin/pw-write" ] && [ -e "$BUILD/helpers/fault.so" ] || skip "still to be built"
	cd "$BATS_TEST_TMPDIR" || return 1
	mkdir dir
	pw-read "$TOP/data/airports.csv" >stream
	echo old >dir/dest
}

sink() { # VARIABLE=VALUE...: the sink with the shim; its status in $status
	status=0
	env LD_PRELOAD="$BUILD/helpers/fault.so" "$@" pw-write --table --force -f csv dir/dest <stream 2>err || status=$?
}

log_of() { # the sink's calls, undisturbed
	rm -f log
	sink FAULT_LOG="$PWD/log"
	[ "$status" -eq 0 ]
	echo old >dir/dest
}

number_of() { # CALL [PATH]: its number in the log
	grep -E "^pw-write [0-9]+ $1 .*${2:-}" log | head -n 1 | cut -d' ' -f2
}

@test "a log of the calls that matter, with their numbers" {
	log_of
	cat log
	[ "$(cut -d' ' -f2 log)" = "$(seq "$(wc -l <log)")" ]
	[ "$(cut -d' ' -f1 log | sort -u)" = pw-write ]
	for call in open write fsync close rename; do [ -n "$(number_of $call)" ]; done
	[ "$(number_of write)" -lt "$(number_of fsync)" ]
	[ "$(number_of fsync)" -lt "$(number_of rename dest)" ]
	[ "$(number_of rename dest)" -lt "$(number_of fsync "dir$")" ]
	# no pipe, no terminal, no reading
	[ "$(grep -vc ' [a-z]* .*dir' log)" -eq 0 ]
	cp log first
	log_of
	sed 's/\.[^ ]*$//' first >a; sed 's/\.[^ ]*$//' log >b # the name of the file beside may differ
	cmp a b
}

@test "KILL: before and after each call" {
	log_of
	local rename n
	rename=$(number_of rename dest)
	for ((n = 1; n <= $(wc -l <log); n++)); do
		for after in '' :after; do
			echo old >dir/dest
			sink KILL="pw-write:$n$after"
			echo "$n$after: $status"
			[ "$status" -eq 137 ]
			[ ! -s err ]
			# The new file is there from the rename on.
			if [ "$n" -gt "$rename" ] || [ "$n$after" = "$rename:after" ]; then
				[ "$(head -n 1 dir/dest)" != old ]
			else
				[ "$(cat dir/dest)" = old ]
			fi
			rm -rf dir && mkdir dir
		done
	done
	sink KILL="pw-write:$n"
	[ "$status" -eq 0 ]
	sink KILL="pw-read:1"
	[ "$status" -eq 0 ]
}

@test "any: each of the calls fails, once or for good" {
	log_of
	local calls
	calls=$(wc -l <log)
	for ((n = 1; n <= calls; n++)); do
		for how in EIO ENOSPC; do
			for sticky in '' +; do
				echo old >dir/dest
				sink FAULT="any:$n$sticky:$how" FAULT_PROGRAM=pw-write
				echo "$n$sticky:$how: $status"
				[ "$status" -eq 5 ] || grep -q "^pw-write $n \(close\|unlink\) " log
			done
		done
	done
	sink FAULT="any:$((calls + 1))+:EIO"
	[ "$status" -eq 0 ]
}

@test "any: short writes and EINTR once change nothing" {
	sink FAULT=none
	cp dir/dest expected
	log_of
	n=$(number_of write)
	for fault in "any:$n:short" any:1+:short "any:$n:EINTR"; do
		sink FAULT="$fault" FAULT_LOG="$PWD/log2"
		[ "$status" -eq 0 ]
		cmp dir/dest expected
	done
	[ "$(grep -c ' write ' log2)" -gt "$(($(grep -c ' write ' log) * 2))" ]
}

@test "a forked process has a name and numbers of its own" {
	script='(: >dir/a; : >dir/b); (: >dir/c); : >dir/d'
	export LD_PRELOAD=$BUILD/helpers/fault.so
	FAULT_LOG=$PWD/log bash -c "$script"
	cat log
	grep -qx 'bash+1 2 open dir/b' log
	grep -qx 'bash+2 1 open dir/c' log
	grep -qx 'bash 3 open dir/d' log
	rm dir/*
	KILL=bash+1:2 bash -c "$script" 2>/dev/null || true
	[ "$(ls dir)" = $'a\nc\nd' ]
	rm dir/*
	FAULT=open:1:kill-after FAULT_PROGRAM=bash+ bash -c "$script" 2>/dev/null || true
	[ "$(ls dir)" = $'a\nc\nd' ]
	rm dir/*
	KILL=bash:2 bash -c "$script" 2>/dev/null || true
	[ ! -e dir/d ]
}

@test "a power cut takes what was not synced" {
	mkdir root
	echo kept >root/kept
	power_cut() { "$BUILD/helpers/power_cut" root image; }
	power_cut
	shim() { FAULT_DISK=$PWD/root:$PWD/image LD_PRELOAD=$BUILD/helpers/fault.so "$@"; }
	shim python3 - <<-'END'
		import os
		def put(name, text, sync):
		    fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
		    os.write(fd, text)
		    sync and os.fsync(fd)
		    os.close(fd)
		def sync(name):
		    fd = os.open(name, os.O_RDONLY); os.fsync(fd); os.close(fd)
		os.mkdir("root/sub", 0o700)
		put("root/sub/whole", b"whole\n", True)
		put("root/sub/empty", b"lost\n", False)
		sync("root/sub")
		put("root/unnamed", b"lost\n", True)      # its name is not
		put("root/sub/late", b"lost\n", True)
		put("root/sub/whole", b"more\n", False)   # appended behind the fsync
		put("root/renamed", b"new\n", True)
		os.rename("root/renamed", "root/kept")    # without fsync of the folder
	END
	[ "$(cat root/kept)" = new ]
	power_cut
	[ "$(cat root/kept)" = kept ]
	[ "$(ls root)" = kept ]
	# The same, and the folder above is synced
	rm -rf image root/*
	power_cut
	shim python3 - <<-'END'
		import os
		def put(name, text, sync):
		    fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
		    os.write(fd, text)
		    sync and os.fdatasync(fd)
		    os.close(fd)
		def sync(name):
		    fd = os.open(name, os.O_RDONLY); os.fsync(fd); os.close(fd)
		os.mkdir("root/sub", 0o700)
		put("root/sub/whole", b"whole\n", True)
		put("root/sub/empty", b"lost\n", False)
		sync("root/sub")
		sync("root")
		put("root/sub/late", b"lost\n", True)
		put("root/sub/whole", b"more\n", False)
		os.unlink("root/sub/empty")
	END
	for _ in 1 2; do # what has come back is on disk
		power_cut
		[ "$(cd root && find . | sort)" = $'.\n./sub\n./sub/empty\n./sub/whole' ]
		[ "$(cat root/sub/whole)" = whole ]
		[ ! -s root/sub/empty ]
		[ "$(stat -c %a root/sub root/sub/whole)" = $'700\n640' ]
	done
}

@test "pw-write --table survives a power cut at each of its calls; without fsync it does not" {
	pw-write --table -f csv dir/new <stream
	mv dir/new new
	log_of
	calls=$(wc -l <log)
	for fault in none fsync:1:lost fsync:1+:lost; do
		seen=
		for ((n = 1; n <= calls + 1; n++)); do
			rm -rf image dir/*
			echo old >dir/dest
			"$BUILD/helpers/power_cut" dir image
			sink KILL="pw-write:$n:after" FAULT=$fault FAULT_DISK="$PWD/dir:$PWD/image"
			"$BUILD/helpers/power_cut" dir image
			if cmp -s dir/dest new; then
				seen+=" new"
			elif [ "$(cat dir/dest)" = old ]; then
				seen+=" old"
			else
				seen+=" neither"
			fi
		done
		echo "$fault:$seen"
		case $fault in
		none) [[ $seen =~ ^(\ old)+(\ new)+$ ]] ;;
		fsync:1:lost) [[ $seen =~ ^(\ old)+(\ neither)+$ ]] ;; # the name without the bytes
		*) [[ $seen =~ ^(\ old)+$ ]] ;;
		esac
	done
}

@test "a planted bug is in its build, and nowhere else" {
	[ -x "$BUILD/plant-eof-is-end/bin/pw-write" ] || skip "make plants"
	head -c -128 stream >cut
	run bash -c 'pw-write --table -f csv <cut 2>/dev/null'
	[ "$status" -eq 3 ]
	run "$BUILD/plant-eof-is-end/bin/pw-write" --table -f csv cut.csv <cut
	[ "$status" -eq 0 ]
	run bash -c 'pw-write --table -f csv <cut 2>/dev/null'
	[ "$status" -eq 3 ]
	for bug in no-fsync frontier-before-journal cleanup-by-count; do
		run bash -c "$BUILD/plant-$bug/bin/pw-write --table -f csv <cut 2>/dev/null"
		[ "$status" -eq 3 ]
	done
}
