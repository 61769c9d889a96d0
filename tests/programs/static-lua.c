/* SPDX-License-Identifier: MIT */
/* Lua linked into the program, with an allocator: tables, strings, closures,
 * coroutines, and the collector at work.  Prints what the script returns. */
#include <lauxlib.h>
#include <lualib.h>

#include "common.h"

static const char script[] =
	"local t, s = {}, 0\n"
	"for i = 1, 60000 do t[i] = { i, tostring(i), ('x'):rep(i % 90) } end\n"
	"for i = 1, #t, 3 do t[i] = nil end\n"
	"collectgarbage()\n"
	"for i, v in pairs(t) do s = s + #v[3] + v[1] end\n"
	"local words = {}\n"
	"for w in ('the quick brown fox '):rep(3000):gmatch('%a+') do\n"
	"  words[w] = (words[w] or 0) + 1\n"
	"end\n"
	"local co = coroutine.wrap(function()\n"
	"  for i = 1, 5000 do coroutine.yield(('%d'):format(i)) end\n"
	"end)\n"
	"local joined = {}\n"
	"for i = 1, 5000 do joined[#joined + 1] = co() end\n"
	"return s .. ' ' .. words.fox .. ' ' .. #table.concat(joined, ',')\n";

int main(void)
{
	lua_State *lua = luaL_newstate();

	must(lua);
	luaL_openlibs(lua);
	if (luaL_dostring(lua, script))
		die("%s", lua_tostring(lua, -1));
	puts(lua_tostring(lua, -1));
	lua_close(lua);
	return 0;
}
