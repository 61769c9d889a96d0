#!/bin/sh
# SPDX-License-Identifier: MIT
# operator new and delete: those of an allocator, which may be a jump to its own
# free, and those of the C++ runtime.  Each block is taken once, and what goes
# wrong is named by the function that the program called.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_foreign
need_jemalloc
need_tcmalloc
want_mimalloc
# Does this libc read malloc hooks?  Then jemalloc's blocks are its own.
[ "$family" = jemalloc ] && hooked=0 || hooked=1

for level in guard caller full; do
	for family in glibc jemalloc tcmalloc ${mimalloc:+mimalloc}; do
		preload=
		[ $family = glibc ] || eval "preload=\$$family"
		run_alloccheck --level=$level "$programs/operators" 1000 right
		expect_clean
		[ $family = glibc ] && continue
		[ $family$hooked = jemalloc1 ] && continue
		for n in 0 1 1000; do
			run_alloccheck --level=$level "$programs/operators" \
				$n foreign
			expect_status 99
			expect_findings "* severity=error owner=glibc
				freer=$family api=_ZdlPv count=1
				free~first_delete(char*)"
			run_alloccheck --level=$level "$programs/operators" \
				$n held
			expect_status 99
			expect_findings "* severity=error owner=$family
				freer=glibc api=free count=1
				free~operators_held()"
		done
	done
done

# At guard each block is counted once as it comes and as it goes, by however many
# entries; tcmalloc's are not counted.  The known allocators, by themselves, are
# served by the shortest handlers.
need_command gdb
cat >look.gdb <<'END'
break looked_at
commands
silent
set $leaf = alck_page_root[(long)p >> 28]
printf "out %u, %s\n", $leaf[((long)p >> 12) & 0xffff] & 0xffffff, form
printf "short %d\n", alck_next[1].first == alck_on_placed_guarded_free
continue
end
run
END
header=$plugins/header.so:$jemalloc
[ $hooked = 0 ] || header= # there some of its pages are not seen to get empty
for preload in '' "$jemalloc" "$tcmalloc" ${mimalloc:+"$mimalloc"} \
	"$plugins/forward.so:$jemalloc" $header; do
	options=level=guard:log_path=$PWD/%p
	gdb -batch -iex 'set auto-load off' \
		-ex "set env ALLOCCHECK_OPTIONS $options" \
		-ex "set env LD_PRELOAD $preload_library${preload:+:$preload}" \
		-x look.gdb --args "$programs/operators" 100 balance >out 2>err
	count=0
	[ "$preload" != "$tcmalloc" ] || count=16777215
	[ "$(grep -c "^out $count, " out)" = 13 ] ||
		fail "$preload: pages are not empty, or gdb did not look"
	case $preload in
	*:*) grep -q '^short 0' out || fail "$preload: a wrapper is not seen" ;;
	*) grep -q "^short $((!hooked))" out || fail "$preload: wrong handlers" ;;
	esac
done

# The C++ runtime's are judged, and named, where they come out.
for family in glibc jemalloc tcmalloc ${mimalloc:+mimalloc}; do
	preload=
	api=free
	[ $family = glibc ] || eval "preload=\$$family api=_ZdlPv"
	for n in 0 1 1000; do
		run_alloccheck "$programs/operators" $n twice
		expect_status 99
		expect_findings "T22 verdict=double-free owner=$family
			freer=$family api=$api count=1 allocapi=_Znwm
			alloc~operators_new() first~first_delete(char*)
			free~second_delete(char*)"
		run_alloccheck --level=caller "$programs/operators" $n twice
		expect_status 99
		expect_findings "T22 verdict=double-free owner=$family
			api=$api alloc~operators_new()
			free~second_delete(char*)"
	done
done
