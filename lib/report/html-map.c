/* SPDX-License-Identifier: MIT */
/*
 * The provider map of the HTML page: which object's calls reach which
 * allocator, as the modules' records and the findings tell.  Objects that are
 * bound alike are one node, so that those that are bound otherwise are seen.
 * See html.h.  Offline.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "contract/record.h"
#include "report/html.h"

#define CALLS	  5
#define C_CALLS	  3   /* of these malloc, realloc and free */
#define PROVIDERS 32  /* drawn; a set of them is a word */
#define NODES	  40  /* drawn */
#define NAMES	  4   /* in a node */
#define ROWS	  400 /* of the table */

/* Where things stand in the picture. */
#define LEFT	    16
#define LEFT_WIDTH  330
#define RIGHT	    664
#define RIGHT_WIDTH 280
#define TOP	    34
#define LINE	    18
#define GAP	    14

static const char *const call_names[CALLS] = {"malloc", "realloc", "free",
					      "new", "delete"};

/* An object that calls an allocator. */
struct row {
	const struct alck_report_module *module;
	struct alck_number call[CALLS]; /* provider ID or ALCK_UNBOUND */
	uint32_t reached;		/* providers, by index in the report */
	int blamed;			/* a finding's OBJECT */
	int mixed; /* its C calls reach more than one provider */
};

/* Objects that are bound alike. */
struct node {
	const struct row *row[NAMES];
	unsigned int rows;
	unsigned int calls[PROVIDERS]; /* to each provider, a bit a call */
	int y, height;
};

struct map {
	struct alck_html *html;
	const struct alck_report *report;
	struct row *rows;
	size_t nrows;
	struct node nodes[NODES];
	size_t nnodes, undrawn;
	int provider_y[PROVIDERS]; /* 0: not drawn */
	int height;
};

static void read_calls(struct row *row)
{
	const struct alck_report_module *m = row->module;
	const struct alck_number calls[CALLS] = {
		m->binds_malloc, m->binds_realloc, m->binds_free, m->binds_new,
		m->binds_delete};

	memcpy(row->call, calls, sizeof(calls));
}

/* What a finding says of its object's binding is as good as a look at it. */
static void read_finding(struct row *row, const struct alck_report_finding *f)
{
	row->blamed = 1;
	for (int i = 0; i < CALLS && f->object_api; i++) {
		const char *api = f->object_api;
		int is = i < C_CALLS ? !strcmp(api, call_names[i])
			 : i == 3    ? !strncmp(api, "_Znw", 4)
				     : !strncmp(api, "_Zdl", 4);

		if (is && f->object_provider.set &&
		    (!row->call[i].set || row->call[i].value == ALCK_UNBOUND))
			row->call[i] = f->object_provider;
	}
}

static int provider_index(const struct alck_report *r, struct alck_number id)
{
	const struct alck_report_provider *p =
		id.set && id.value != ALCK_UNBOUND ? alck_report_provider(r, id)
						   : NULL;

	if (!p || p - r->providers >= PROVIDERS)
		return -1;
	return (int)(p - r->providers);
}

/* What the calls of ROW reach; returns whether it has any. */
static int sum_up(const struct alck_report *r, struct row *row)
{
	uint32_t plain = 0;
	int calls = 0;

	for (int i = 0; i < CALLS; i++) {
		int p = provider_index(r, row->call[i]);

		calls |= row->call[i].set;
		if (p < 0)
			continue;
		row->reached |= 1u << p;
		if (i < C_CALLS)
			plain |= 1u << p;
	}
	row->mixed = (plain & (plain - 1)) != 0;
	return calls;
}

/* Fills in the rows of all modules that call an allocator. */
static int read_rows(struct map *map)
{
	const struct alck_report *r = map->report;
	struct row *rows = alck_arena_alloc(&map->html->view->arena,
					    (r->nmodules + 1) * sizeof(*rows));

	if (!rows)
		return 0;
	map->rows = rows;
	for (size_t i = 0; i < r->nmodules; i++) {
		rows[i].module = &r->modules[i];
		read_calls(&rows[i]);
	}
	for (size_t i = 0; i < r->nfindings; i++) {
		const struct alck_report_module *m =
			alck_report_module(r, r->findings[i].object);

		if (m && !r->findings[i].suppressed_by)
			read_finding(&rows[m - r->modules], &r->findings[i]);
	}
	for (size_t i = 0; i < r->nmodules; i++)
		if (sum_up(r, &rows[i]))
			rows[map->nrows++] = rows[i];
	return map->nrows != 0;
}

static int rank(const struct row *row)
{
	return row->blamed		       ? 0
	       : row->mixed		       ? 1
	       : row->module->deep_bound.value ? 2
					       : 3;
}

static int by_rank(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (rank(x) != rank(y))
		return rank(x) - rank(y);
	return x->module < y->module ? -1 : x->module > y->module;
}

static int alike(const struct row *a, const struct row *b)
{
	return a->reached == b->reached && rank(a) == rank(b) &&
	       a->module->deep_bound.value == b->module->deep_bound.value;
}

static void add_to_node(struct map *map, struct node *node,
			const struct row *row)
{
	if (node->rows < NAMES)
		node->row[node->rows] = row;
	node->rows++;
	for (int i = 0; i < CALLS; i++) {
		int p = provider_index(map->report, row->call[i]);

		if (p >= 0)
			node->calls[p] |= 1u << i;
	}
}

static void make_nodes(struct map *map)
{
	qsort(map->rows, map->nrows, sizeof(*map->rows), by_rank);
	for (size_t i = 0; i < map->nrows; i++) {
		const struct row *row = &map->rows[i];
		size_t n = 0;

		if (!row->reached)
			continue;
		while (n < map->nnodes && !alike(map->nodes[n].row[0], row))
			n++;
		if (n == NODES) {
			map->undrawn++;
			continue;
		}
		map->nnodes += n == map->nnodes;
		add_to_node(map, &map->nodes[n], row);
	}
}

static int is_drawn(const struct map *map, size_t provider)
{
	const struct alck_report_provider *p =
		&map->report->providers[provider];

	if (p->global.value)
		return 1;
	for (size_t i = 0; i < map->nnodes; i++)
		if (map->nodes[i].calls[provider])
			return 1;
	return p->family && strcmp(p->family, "ld.so") != 0 &&
	       strcmp(p->family, "c++") != 0;
}

static void lay_out(struct map *map)
{
	size_t providers = map->report->nproviders;
	int left = TOP, right = TOP;

	for (size_t i = 0; i < map->nnodes; i++) {
		struct node *node = &map->nodes[i];
		int lines = node->rows > NAMES ? NAMES + 1 : (int)node->rows;

		node->y = left;
		/* One line more for what is odd about them. */
		node->height = 18 + LINE * (lines + (rank(node->row[0]) < 3));
		left += node->height + GAP;
	}
	/* In the order of the objects: fewer wires cross. */
	for (size_t k = 0; k <= map->nnodes; k++)
		for (size_t i = 0; i < providers && i < PROVIDERS; i++) {
			int here = k < map->nnodes ? map->nodes[k].calls[i] != 0
						   : is_drawn(map, i);

			if (!here || map->provider_y[i])
				continue;
			map->provider_y[i] = right;
			right += 54 + GAP;
		}
	map->height = (left > right ? left : right) + 4;
	/* The shorter column in the middle of the longer one. */
	for (size_t i = 0; i < PROVIDERS; i++)
		if (map->provider_y[i] && left > right)
			map->provider_y[i] += (left - right) / 2;
}

static const char *number(struct map *map, int n)
{
	return alck_html_text(map->html, "%d", n);
}

static const char *name_of(struct map *map, const struct row *row)
{
	const char *name = alck_report_base_name(
		alck_report_module_path(map->report, row->module));

	return *name ? name : "program";
}

static const char *calls_text(struct map *map, unsigned int calls)
{
	const char *text = "";

	for (int i = 0; i < CALLS; i++)
		if (calls & 1u << i)
			text = alck_html_text(map->html, "%s%s%s", text,
					      *text ? ", " : "", call_names[i]);
	return text;
}

static const char *colour(struct map *map, int provider)
{
	return alck_html_colour(map->html->palette,
				map->report->providers[provider].family);
}

static void draw_wires(struct map *map, const struct node *node)
{
	FILE *out = map->html->out;
	int wires = 0, wire = 0;

	for (int p = 0; p < PROVIDERS; p++)
		wires += node->calls[p] != 0;
	for (int p = 0; p < PROVIDERS; p++) {
		int y1, y2 = map->provider_y[p] + 27;
		const char *calls;

		if (!node->calls[p])
			continue;
		y1 = node->y + node->height * ++wire / (wires + 1);
		calls = calls_text(map, node->calls[p]);
		alck_page_put(
			out, "map-wire", "colour", colour(map, p), "blame",
			rank(node->row[0]) < 2 ? "blame" : "", "x1",
			number(map, LEFT + LEFT_WIDTH), "y1", number(map, y1),
			"xm", number(map, 520), "xn", number(map, 520), "x2",
			number(map, RIGHT), "y2", number(map, y2), "title",
			alck_html_text(map->html, "%s of %s: %s", calls,
				       name_of(map, node->row[0]),
				       alck_explain_provider(
					       &map->html->view->arena,
					       map->report,
					       &map->report->providers[p])),
			NULL);
		alck_page_put(out, "map-calls", "x",
			      number(map, LEFT + LEFT_WIDTH + 10), "y",
			      /* Where the wire is not. */
			      number(map, y2 < y1 ? y1 + 15 : y1 - 6), "text",
			      calls, NULL);
	}
}

/* What is odd about the objects of NODE, or NULL. */
static const char *oddity(struct map *map, const struct node *node)
{
	const struct row *row = node->row[0];
	const char *deep = row->module->deep_bound.value
				   ? "loaded with RTLD_DEEPBIND"
				   : "";

	if (row->blamed)
		return alck_html_text(map->html, "a finding's object%s%s",
				      *deep ? ", " : "", deep);
	if (row->mixed)
		return alck_html_text(map->html, "bound to several%s%s",
				      *deep ? ", " : "", deep);
	return *deep ? deep : NULL;
}

static const char *shortened(struct map *map, const char *name, int room)
{
	size_t len = strlen(name);

	if (len <= (size_t)room)
		return name;
	return alck_html_text(map->html, "%.*s...%s", room - 15, name,
			      name + len - 12);
}

static void draw_node(struct map *map, const struct node *node)
{
	static const char *const kinds[] = {"blame", "blame", "deep", ""};
	FILE *out = map->html->out;
	const char *odd = oddity(map, node), *all = "";
	int y = node->y + 9 + 13;

	for (size_t i = 0; i < node->rows && i < NAMES; i++)
		all = alck_html_text(
			map->html, "%s%s%s", all, i ? "\n" : "",
			alck_report_module_path(map->report,
						node->row[i]->module));
	alck_page_put(out, "map-node", "title", all, "kind",
		      kinds[rank(node->row[0])], "x", number(map, LEFT), "y",
		      number(map, node->y), "width", number(map, LEFT_WIDTH),
		      "height", number(map, node->height), NULL);
	for (size_t i = 0; i < node->rows && i < NAMES; i++, y += LINE)
		alck_page_put(out, "map-name", "x", number(map, LEFT + 14), "y",
			      number(map, y), "text",
			      shortened(map, name_of(map, node->row[i]), 42),
			      NULL);
	if (node->rows > NAMES) {
		alck_page_put(out, "map-soft", "x", number(map, LEFT + 14), "y",
			      number(map, y), "text",
			      alck_html_text(map->html,
					     "and %u more, bound alike",
					     node->rows - NAMES),
			      NULL);
		y += LINE;
	}
	if (odd)
		alck_page_put(out, "map-warn", "class",
			      rank(node->row[0]) < 2 ? "bad" : "warn", "x",
			      number(map, LEFT + 14), "y", number(map, y),
			      "text", odd, NULL);
}

static void draw_provider(struct map *map, int i)
{
	const struct alck_report_provider *p = &map->report->providers[i];
	FILE *out = map->html->out;
	int y = map->provider_y[i];
	const char *file = alck_report_base_name(
		alck_report_provider_path(map->report, p));
	const char *title = p->title && *p->title ? p->title
			    : p->family		  ? p->family
						  : "an allocator";

	alck_page_put(out, "map-node", "title",
		      alck_report_provider_path(map->report, p), "kind", "",
		      "x", number(map, RIGHT), "y", number(map, y), "width",
		      number(map, RIGHT_WIDTH), "height", number(map, 54),
		      NULL);
	alck_page_put(out, "map-tab", "colour", colour(map, i), "x",
		      number(map, RIGHT), "y", number(map, y), "height",
		      number(map, 54), NULL);
	alck_page_put(out, "map-name", "x", number(map, RIGHT + 20), "y",
		      number(map, y + 23), "text",
		      alck_html_text(map->html, "%s %s", title,
				     p->version ? p->version : ""),
		      NULL);
	alck_page_put(
		out, "map-soft", "x", number(map, RIGHT + 20), "y",
		number(map, y + 42), "text",
		alck_html_text(map->html, "%s%s",
			       shortened(map, *file ? file : "program", 24),
			       p->global.value ? ", in force" : ""),
		NULL);
}

static void put_cell(struct map *map, struct alck_number call)
{
	const struct alck_report_provider *p;
	const char *text = "", *dot = "", *class = "";

	if (call.set && call.value == ALCK_UNBOUND) {
		text = "not bound";
	} else if (call.set) {
		p = alck_report_provider(map->report, call);
		text = p && p->family ? p->family : "unknown";
		dot = "dot";
		class = alck_html_colour(map->html->palette,
					 p ? p->family : NULL);
	}
	alck_page_put(map->html->out, "map-cell", "dot", dot, "colour", class,
		      "text", text, NULL);
}

static void put_table(struct map *map)
{
	FILE *out = map->html->out;

	alck_page_put(out, "table-open", "summary",
		      alck_html_text(map->html, "As a table (%zu objects)",
				     map->nrows),
		      NULL);
	alck_page_put(out, "map-head", NULL);
	for (size_t i = 0; i < map->nrows && i < ROWS; i++) {
		const struct alck_report_module *m = map->rows[i].module;

		alck_page_put(out, "map-row-open", "object",
			      alck_report_module_path(map->report, m), NULL);
		for (int k = 0; k < CALLS; k++)
			put_cell(map, map->rows[i].call[k]);
		alck_page_put(
			out, "map-row-close", "how",
			alck_html_text(
				map->html, "%s%s%s",
				m->time.value ? alck_html_time(map->html,
							       m->time.value)
					      : "at start",
				m->deep_bound.value ? ", RTLD_DEEPBIND" : "",
				m->unloaded.set ? ", unloaded" : ""),
			NULL);
	}
	alck_page_put(out, "table-close", NULL);
}

void alck_html_map(struct alck_html *html)
{
	struct map *map = alck_arena_alloc(&html->view->arena, sizeof(*map));
	const char *label = "Which object is bound to which allocator";

	if (!map)
		return;
	map->html = html;
	map->report = html->view->report;
	alck_page_put(html->out, "part-open", "title", label, NULL);
	if (read_rows(map)) {
		make_nodes(map);
		lay_out(map);
		alck_page_put(html->out, "map-open", "label", label, "height",
			      number(map, map->height), NULL);
		for (size_t i = 0; i < map->nnodes; i++)
			draw_wires(map, &map->nodes[i]);
		for (size_t i = 0; i < map->nnodes; i++)
			draw_node(map, &map->nodes[i]);
		for (int i = 0; i < PROVIDERS; i++)
			if (map->provider_y[i])
				draw_provider(map, i);
		alck_page_put(html->out, "map-close", NULL);
		if (map->undrawn)
			alck_page_put(html->out, "part-note", "text",
				      "Not all objects are in the picture; all "
				      "are in the table.",
				      NULL);
		put_table(map);
	} else {
		alck_page_put(html->out, "part-note", "text",
			      "The report does not say what the objects are "
			      "bound to.",
			      NULL);
	}
	alck_page_put(html->out, "part-close", NULL);
}
