#!/bin/sh
# SPDX-License-Identifier: MIT
# perl: hashes, regular expressions, sorting, forks.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/real/real.sh"
need_command perl

cat >"$work/work.pl" <<'END'
use strict;
use warnings;
use POSIX qw(floor);
my %h;
for my $i (1 .. 20000) {
	push @{ $h{ $i % 997 } }, "value-$i-" . ("z" x ($i % 60));
}
my $n = 0;
for my $k (sort { $a <=> $b } keys %h) {
	$n += length for grep { /7(\d)\d*-/ } @{ $h{$k} };
}
print "$n\n";
my $text = join " ", map { sprintf "%05d", $_ * 31 % 7919 } 1 .. 5000;
my %count;
$count{$1}++ while $text =~ /(\d\d)\b/g;
print join(",", map { "$_=$count{$_}" } sort keys %count), "\n";
my $code = join ";", map { "sub f$_ { return $_ * floor(\$_[0]) }" } 1 .. 200;
eval $code or 1;
print main->can("f200")->(3.7), "\n";
my $pid = fork;
if (!$pid) {
	print "child: ", scalar(keys %h), "\n";
	exit 0;
}
waitpid $pid, 0;
print `echo from a child`;
local $@;
eval { die { code => 7 } };
print $@->{code}, "\n";
warn "to stderr\n";
exit 6;
END
unchanged : perl "$work/work.pl"
