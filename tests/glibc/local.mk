# SPDX-License-Identifier: MIT
# The test suite on other glibcs, inside Debian userlands: see userlands.sh.
# make check-glibc GLIBC_USERLANDS=bullseye GLIBC_TESTS=tests/cases/x.sh
EXTRA_DIST += tests/glibc/packages tests/glibc/userlands.sh \
	tests/glibc/in-userland.sh
GLIBC_USERLANDS = bullseye bookworm trixie
GLIBC_TESTS =

.PHONY: check-glibc clean-glibc
check-glibc:
	@$(MKDIR_P) userlands
	@$(MAKE) $(AM_MAKEFLAGS) distdir distdir=userlands/dist \
		>userlands/dist.log 2>&1 || { cat userlands/dist.log; exit 1; }
	@top_builddir='$(abs_top_builddir)' GLIBC_TESTS='$(GLIBC_TESTS)' bash \
		$(top_srcdir)/tests/glibc/userlands.sh \
		'$(abs_top_builddir)/userlands/dist' $(GLIBC_USERLANDS)
clean-glibc:
	rm -rf --one-file-system userlands

print-tests:
	@echo $(TESTS)
.PHONY: print-tests
