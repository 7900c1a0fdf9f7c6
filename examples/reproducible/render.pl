# A page of text as HTML: the first line is the title, empty lines part paragraphs.
use strict;
use warnings;
use POSIX qw(strftime);

my ($title, @lines) = <>;
chomp($title);
my $date = strftime('%Y-%m-%d', gmtime($ENV{SOURCE_DATE_EPOCH} // time));
my $text = join '', @lines;
s/&/&amp;/g, s/</&lt;/g for $title, $text;
my @paragraphs = grep { /\S/ } split /\n\s*\n/, $text;
print "<!doctype html>\n<title>$title</title>\n<h1>$title</h1>\n";
print "<p>$_</p>\n" for map { s/^\s+|\s+$//gr } @paragraphs;
print "<footer>As of $date</footer>\n";
