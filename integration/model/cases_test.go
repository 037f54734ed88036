package model

// verdict is what a search finds.
type verdict string

const (
	holds     verdict = "holds"
	lost      verdict = "S1" // the position is past a committed row that nobody was given
	reordered verdict = "S2" // a row was given out before an earlier one of its key
	twice     verdict = "S3" // an effect was committed again
	stale     verdict = "S4" // somebody who is not the newest owner stored a position
	skipped   verdict = "S5" // a consumer with watermarks dropped a row that it had not applied
	stuck     verdict = "L"  // a gap stays open though its writer has ended
	never     verdict = "acceptance cycle"
)

// search is how a case is searched.
type search int

const (
	deep   search = iota // in depth: for cases that hold, and where the fault lies deep
	broad                // in breadth: the shortest counterexample
	fairly               // for endless runs, each process of which goes on
)

// one is a case: the flags of outbox.pml and what is found then.
type one struct {
	name   string
	flags  string
	search search
	want   verdict
}

// sound are cases of the protocol as it is meant to be.
var sound = []one{
	{"three writers, one owner, empty after two looks", "-DWRITERS=3 -DREADERS=1 -DONEKEY -DLOOKS=2", deep, holds},
	{"two owners at a time", "-DATOMICLOOK -DINORDER", deep, holds},
	{"effects in the transaction of the position", "-DTX -DATOMICLOOK -DINORDER", deep, holds},
	{"a limit that cuts the read", "-DROWS=2 -DLIMIT=1 -DATOMICLOOK -DINORDER -DONEKEY", deep, holds},
	{"savepoints", "-DSAVEPOINT -DIDS=4 -DREADERS=1 -DLOOKS=2", deep, holds},
	{"prepared transactions over a restart", "-DPREPARED -DRESTART -DREADERS=1 -DATOMICLOOK", deep, holds},
	{"a commit whose answer is lost", "-DTX -DLOSTANSWER -DATOMICLOOK", deep, holds},
	{"a handler that fails", "-DTX -DFAILING -DATOMICLOOK -DONEKEY", deep, holds},
	{"a crash of the server that forgets the newest commits of readers", "-DTX -DASYNC -DRESTART -DATOMICLOOK -DONEKEY", deep, holds},
	{"two batches in flight", "-DINFLIGHT -DATOMICLOOK -DONEKEY -DINORDER", deep, holds},
	{"a writer that never ends", "-DBLOCKER -DREADERS=1 -DLOOKS=2", deep, holds},
	{"a writer that never ends, in the long run", "-DLIVE -DBLOCKER -DREADERS=1 -DATOMICLOOK -DONEKEY", fairly, holds},
	{"an owner that dies, in the long run", "-DLIVE -DCRASH=1 -DATOMICLOOK -DINORDER -DONEKEY -DWRITERS=1 -DROWS=2", fairly, holds},
}

// mutations are cases of a protocol without one of its parts.
var mutations = []one{
	{"M1", "-DM1 -DREADERS=1", broad, lost},
	{"M2", "-DM2 -DREADERS=1", broad, lost},
	{"M3", "-DM3 -DWRITERS=3 -DREADERS=1 -DFIXEDKEYS -DATOMICLOOK", deep, reordered},
	{"M4", "-DM4", broad, stale},
	{"M5", "-DM5 -DREADERS=1", broad, reordered},
	{"M5, what it does to watermarks", "-DM5 -DNOS2 -DREADERS=1", broad, skipped},
	{"M6", "-DM6 -DTXS=2 -DREADERS=1", broad, reordered},
	{"M7", "-DM7 -DWRITERS=3 -DROWS=2 -DUNEVEN -DIDS=4 -DREADERS=1 -DATOMICLOOK -DFIXEDKEYS", deep, reordered},
	{"M8", "-DM8 -DNOS2 -DINORDER -DATOMICLOOK", deep, lost},
	{"M9", "-DM9 -DBLOCKER -DREADERS=1 -DLOOKS=3", deep, stuck},
	{"M10", "-DM10 -DATOMICLOOK -DONEKEY", broad, stale},
	{"M11", "-DM11 -DPREPARED -DRESTART -DREADERS=1 -DATOMICLOOK", broad, lost},
	{"M12", "-DM12 -DREADERS=1", broad, lost},
	{"M13", "-DM13 -DREADERS=1", broad, twice},
	{"M14", "-DM14 -DREADERS=1", broad, lost},
	{"M15", "-DM15 -DATOMICLOOK -DONEKEY", deep, skipped},
	{"M16", "-DM16 -DREADERS=1", broad, lost},
	{"M17", "-DM17 -DNOS2 -DREADERS=1", broad, skipped},
	{"M18", "-DM18 -DNOS2 -DREADERS=1", broad, lost},
	{"M19", "-DM19 -DREADERS=1", broad, reordered},
	{"a writer that blocks before the gap is seen", "-DLIVE -DBLOCKER -DBLOCKFIRST -DREADERS=1", fairly, never},
	{"all owners die", "-DLIVE -DCRASH=2 -DATOMICLOOK -DINORDER", fairly, never},
}

// long are cases that take minutes and gigabytes.
var long = []one{
	{"three writers, one owner, two keys", "-DWRITERS=3 -DREADERS=1 -DLOOKS=2", deep, holds},
	{"two owners at a time, empty after two looks", "-DLOOKS=2", deep, holds},
	{"effects, each step apart", "-DTX", deep, holds},
	{"two rows a transaction", "-DROWS=2", deep, holds},
	{"two transactions each", "-DTXS=2 -DREADERS=1 -DLOOKS=2", deep, holds},
	{"two transactions each, two owners, one key", "-DTXS=2 -DONEKEY -DATOMICLOOK -DINORDER", deep, holds},
	{"three writers, two owners", "-DWRITERS=3 -DATOMICLOOK -DINORDER -DSYMMETRIC", deep, holds},
	{"a limit of one, three writers", "-DLIMIT=1 -DWRITERS=3 -DROWS=2 -DREADERS=1 -DATOMICLOOK -DSYMMETRIC", deep, holds},
	{"a limit of two, three writers", "-DLIMIT=2 -DWRITERS=3 -DROWS=2 -DREADERS=1 -DATOMICLOOK -DSYMMETRIC", deep, holds},
	{"savepoints, two owners", "-DSAVEPOINT -DIDS=4 -DATOMICLOOK", deep, holds},
	{"prepared transactions over a restart, two owners", "-DPREPARED -DRESTART -DATOMICLOOK", deep, holds},
	{"prepared transactions and effects", "-DTX -DPREPARED -DRESTART -DATOMICLOOK", deep, holds},
	{"effects, two rows a transaction", "-DTX -DROWS=2 -DATOMICLOOK", deep, holds},
	{"effects, three owners", "-DTX -DREADERS=3 -DATOMICLOOK -DINORDER", deep, holds},
	{"Own commits asynchronously, the token tells its owners apart", "-DTX -DASYNC -DRESTART -DASYNCOWN", deep, holds},
	{"Own waits for the disk, the epoch alone tells its owners apart", "-DTX -DASYNC -DRESTART -DNOTOKEN -DNOVERSION", deep, holds},
	{"a relay over a crash of the server", "-DASYNC -DRESTART -DATOMICLOOK", deep, holds},
	{"two batches in flight, two rows a transaction", "-DINFLIGHT -DROWS=2 -DATOMICLOOK", deep, holds},
	{"everything at once", "-DTX -DLIMIT=1 -DLOSTANSWER -DASYNC -DRESTART -DPREPARED -DATOMICLOOK", deep, holds},
	{"two statements, head first", "-DHEADFIRST -DWRITERS=3 -DREADERS=1", deep, holds},
	{"a relay without a fence repeats and loses nothing", "-DM4 -DNOS4", deep, holds},
	{"an owner that dies, in the long run, two writers", "-DLIVE -DCRASH=1 -DATOMICLOOK -DINORDER", fairly, holds},
	{"M4, what it does to effects", "-DM4 -DTX -DNOS4", broad, twice},
	{"M6, what is behind it", "-DM6 -DTXS=2 -DNOS2 -DNOS5 -DREADERS=1 -DATOMICLOOK -DONEKEY", broad, lost},
	{"M19, what it does to watermarks", "-DM19 -DNOS2 -DATOMICLOOK", deep, skipped},
	{"M10, what it does to effects", "-DM10 -DNOS4", broad, twice},
}
