# SPDX-License-Identifier: MIT
# The incident re-enacted.
check_PROGRAMS += \
	tests/incident/engine \
	tests/incident/hooks-live \
	tests/incident/satellite \
	tests/incident/tracer

tests_incident_engine_SOURCES = tests/incident/engine.c
tests_incident_engine_CFLAGS = $(program_cflags)
tests_incident_engine_LDADD = $(program_ldadd)
tests_incident_hooks_live_SOURCES = tests/incident/hooks-live.c
tests_incident_hooks_live_CFLAGS = $(program_cflags)
tests_incident_hooks_live_LDADD = -ldl

tests_incident_satellite_SOURCES = tests/incident/satellite.c
tests_incident_satellite_CFLAGS = $(program_cflags)
tests_incident_satellite_LDADD = -ldl

tests_incident_tracer_SOURCES = tests/incident/tracer.c
tests_incident_tracer_CFLAGS = $(program_cflags)
tests_incident_tracer_LDADD = -ldl

check_LTLIBRARIES += tests/incident/plugin.la tests/incident/window.la

tests_incident_plugin_la_SOURCES = tests/incident/plugin.c
tests_incident_plugin_la_CFLAGS = $(program_cflags)
tests_incident_plugin_la_LDFLAGS = $(plugin_ldflags)
tests_incident_window_la_SOURCES = tests/incident/window.c
tests_incident_window_la_CFLAGS = $(program_cflags)
tests_incident_window_la_LDFLAGS = $(plugin_ldflags)
tests_incident_window_la_LIBADD = -ldl -lpthread

TESTS += tests/incident/incident.sh
dist_check_SCRIPTS += tests/incident/incident.sh
EXTRA_DIST += tests/incident/readers.sh tests/incident/story.py
