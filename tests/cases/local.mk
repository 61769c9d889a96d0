# SPDX-License-Identifier: MIT
# The behaviours, one test each, through the alloccheck command.
EXTRA_DIST += tests/init.sh tests/linked.sh tests/expect.py tests/matrix.sh tests/matrix.py

case_tests = \
	tests/cases/api.sh \
	tests/cases/api-mismatch.sh \
	tests/cases/ages.sh \
	tests/cases/bindings.sh \
	tests/cases/blocks.sh \
	tests/cases/arena-lock.sh \
	tests/cases/beside-preloaded.sh \
	tests/cases/broken-contract.sh \
	tests/cases/children.sh \
	tests/cases/cores.sh \
	tests/cases/crash.sh \
	tests/cases/cpus.sh tests/cases/deep-bind-libc-memory.sh \
	tests/cases/deep-bind.sh \
	tests/cases/deepbind-option.sh \
	tests/cases/descriptors.sh \
	tests/cases/detours.sh \
	tests/cases/direct-libc-call.sh \
	tests/cases/dispatch.sh \
	tests/cases/dying.sh \
	tests/cases/exceptions.sh \
	tests/cases/exit-status.sh \
	tests/cases/families.sh \
	tests/cases/fault-injection.sh \
	tests/cases/file-limit.sh \
	tests/cases/folders.sh \
	tests/cases/forks.sh \
	tests/cases/full-disk.sh \
	tests/cases/found-by.sh \
	tests/cases/global.sh \
	tests/cases/handlers.sh \
	tests/cases/hidden-beside.sh \
	tests/cases/hook-own.sh \
	tests/cases/hook-satellites.sh \
	tests/cases/hook-watch.sh \
	tests/cases/kin.sh \
	tests/cases/late-load.sh tests/cases/levels.sh \
	tests/cases/launcher-signals.sh \
	tests/cases/limits.sh \
	tests/cases/loads.sh \
	tests/cases/matrix-glibc.sh \
	tests/cases/matrix-jemalloc.sh \
	tests/cases/matrix-mimalloc.sh \
	tests/cases/matrix-scudo.sh \
	tests/cases/matrix-tbbmalloc.sh \
	tests/cases/matrix-tcmalloc.sh \
	tests/cases/missing-alloc-entry.sh \
	tests/cases/missing-free-entry.sh \
	tests/cases/mismatch.sh \
	tests/cases/memory.sh \
	tests/cases/misuse.sh \
	tests/cases/nowhere.sh \
	tests/cases/on-error-abort.sh \
	tests/cases/operators.sh \
	tests/cases/options-shown.sh \
	tests/cases/other-tools.sh \
	tests/cases/perf.sh \
	tests/cases/preload-lost.sh \
	tests/cases/preloads.sh \
	tests/cases/private-copy.sh \
	tests/cases/provider-unloaded.sh \
	tests/cases/rebind-off.sh \
	tests/cases/rebound-by-tool.sh \
	tests/cases/refusals.sh \
	tests/cases/repeats.sh \
	tests/cases/reports-left.sh \
	tests/cases/runpath.sh \
	tests/cases/second-namespace.sh \
	tests/cases/several-in-one.sh \
	tests/cases/small-stacks.sh \
	tests/cases/spawn.sh \
	tests/cases/static.sh \
	tests/cases/stacks.sh \
	tests/cases/threads.sh \
	tests/cases/tolerated.sh \
	tests/cases/two-copies.sh \
	tests/cases/two-providers.sh \
	tests/cases/observed.sh \
	tests/cases/unchanged.sh \
	tests/cases/unknown.sh tests/cases/unknown-sizes.sh \
	tests/cases/uprobes.sh \
	tests/cases/without.sh \
	tests/cases/wrappers.sh \
	tests/cases/wrong-copy.sh
TESTS += $(case_tests)
dist_check_SCRIPTS += $(case_tests)
