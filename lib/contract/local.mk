# SPDX-License-Identifier: MIT
# Layer 0: what the preload library and the offline side share.
# For programs that ask: installed, and no part of the layer.
include_HEADERS += lib/contract/alloccheck.h

contract_sources = \
	lib/contract/channel.h \
	lib/contract/root.h lib/contract/root-table.h \
	lib/contract/families.c lib/contract/families.h \
	lib/contract/findings.c lib/contract/findings.h \
	lib/contract/options.c lib/contract/options.h \
	lib/contract/record.c lib/contract/record.h \
	lib/contract/suppression.c lib/contract/suppression.h \
	lib/contract/verdict.c lib/contract/verdict.h
# The tables; families/ goes in whole, so that a new family is one file.
EXTRA_DIST += \
	lib/contract/families lib/contract/families.def \
	lib/contract/findings.def lib/contract/options.def \
	lib/contract/record.def

noinst_LIBRARIES += lib/contract/libcontract.a
lib_contract_libcontract_a_SOURCES = $(contract_sources)
