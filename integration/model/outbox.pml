/* The log's protocol: writers, the lock table, the read in one statement, the fenced position, the takeover.

   Without a flag it is the protocol as it is meant to be. M1..M19 each take one thing out of it, see README.md. Ids are 1, 2, ..; a set of ids is a bit mask
   in which id i is bit i-1.

   What it takes from PostgreSQL
     nextval      global, never undone, a step of its own; the lock on the sequence is taken in a step before it
     commit       ONE step: the rows show in new snapshots, the key's lock is free, pg_locks shows "backend/0"; in a LATER step the sequence's lock goes
     rollback     the rows are dead; the lock goes in a later step
     savepoint    ROLLBACK TO keeps the sequence's lock: it belongs to the top transaction
     2PC          PREPARE keeps the sequence's lock, the virtual transaction id and the key's lock; after a restart the lock shows under "-1/xid"
     pg_locks     alive: it is looked at backend by backend, and everything may happen in between
     snapshot     one step: all that is visible at that moment */

/* ---- sizes ---- */
#ifndef WRITERS
#define WRITERS 2       /* backends that write */
#endif
#ifndef TXS
#define TXS 1           /* transactions of each */
#endif
#ifndef ROWS
#define ROWS 1          /* rows of a transaction: 1..ROWS */
#endif
#ifndef READERS
#define READERS 2       /* owners of the reader, one after the other; an earlier one may go on as a zombie */
#endif
#ifndef LIMIT
#define LIMIT 16        /* rows of one read */
#endif
#ifndef IDS
#define IDS (WRITERS*TXS*ROWS)
#endif
#ifdef UNEVEN           /* ROWS are those of the first writer alone */
#define ROWSOF(w) ((w) == 0 -> ROWS : 1)
#else
#define ROWSOF(w) ROWS
#endif
/* ONEKEY: all events have one key; FIXEDKEYS: the last writer has the second, the others the first; else each transaction chooses */

/* ---- mutations that are combinations ---- */
#ifdef M4               /* no fence: whoever owned the reader once may store a position */
#define NOEPOCH
#define NOTOKEN
#define NOVERSION
#endif
#ifdef M10              /* Own commits asynchronously, and the epoch is the only fence */
#define TX
#define ASYNC
#define RESTART
#define ASYNCOWN
#define NOTOKEN
#define NOVERSION
#endif
#ifdef M13              /* the answer to a COMMIT is lost, the batch is applied again under the same epoch and token */
#define TX
#define LOSTANSWER
#define NOVERSION
#endif
#ifdef M15              /* the writers commit asynchronously, too */
#define ASYNC
#define RESTART
#endif
#ifdef M18              /* a batch failed, the next one is stored */
#define TX
#define FAILING
#define NOVERSION
#endif

#define B(i)    (1<<((i)-1))
#define VX(w,t) (1<<((w)*TXS+(t)))                 /* backend w in its transaction t */
#define V0(w)   (1<<(WRITERS*TXS+(w)))             /* "w/0": between visible and released */
#define VP(w)   (1<<(WRITERS*TXS+WRITERS+(w)))     /* "-1/xid": prepared, after a restart */
#define BLK     (1<<(WRITERS*TXS+WRITERS))         /* a writer without end (not with RESTART) */
#define VALL(w) ((((1<<TXS)-1)<<((w)*TXS)) | V0(w) EXTRA(w))
#ifdef RESTART
#define EXTRA(w) | VP(w)
#else
#ifdef BLOCKER
#define EXTRA(w) | ((w)==WRITERS-1 -> BLK : 0)
#else
#define EXTRA(w)
#endif
#endif
#define PASSED(h,g) (((1<<(h))-1) & ~(g))          /* ids that a position has behind it */
#define GIVEN       ((1<<seq)-1)

/* ---- the database ---- */
byte seq;               /* the last id given */
byte vis, dead, key1;   /* rows that are visible, that are dead, that have the second key */
byte held;              /* the lock table: who holds the sequence */
byte keylock[2];
byte ended;             /* writers that are done */
byte gen;               /* incarnation of the server */
byte prep, pmask;       /* prepared transactions and their ids */
byte head, epoch, version, gaps, owner;            /* the stored position */
byte rowlock;           /* its row's lock (TX) */
#ifdef ASYNC
byte dhead, depoch, dversion, dgaps, downer, dseq, dvis;  /* what a crash leaves: a prefix of the WAL */
#define FLUSH dhead=head; dgaps=gaps; depoch=epoch; dversion=version; downer=owner; dseq=seq; dvis=vis
#else
#define FLUSH skip
#endif

/* ---- what only the properties look at ---- */
byte delivered;         /* rows that were handed on at least once (relay), or whose effect is committed (TX) */
byte newest;            /* the last owner */
byte mark[2], applied;  /* a consumer with a watermark for each key */
byte lastrec;           /* the last id in the partition of a broker (M8) */
bool asked;
byte started;
bool S1=1, S2=1, S3=1, S4=1, S5=1, L=1;

#define KEYMASK(i) ((key1 & B(i)) -> key1 : ~key1)
#define SECOND(i)  ((key1 & B(i)) -> 1 : 0)

#ifdef RESTART
inline Cut() { skip; if :: gen != g -> goto cut :: else -> skip fi }
#else
inline Cut() { skip }
#endif

#ifdef M6               /* CACHE 2: a session takes two values and keeps the second */
#define NEXTVAL if :: cache -> id = cache; cache = 0 :: else -> id = seq+1; cache = seq+2; seq = seq+2 fi
#else
#define NEXTVAL seq++; id = seq
#endif

inline Insert() {
	NEXTVAL;
	mine = mine | B(id);
	if :: k -> key1 = key1 | B(id) :: else fi;
	n++; id = 0
}
inline Visible() {
	vis = vis | mine;
	S1 = ((mine & PASSED(head,gaps) & ~delivered) == 0); assert(S1);
	if :: keylock[k]==w+1 -> keylock[k]=0 :: else fi;
#ifndef M15
	FLUSH
#endif
}
#define ENDING held = (held & VX(w,t) -> (held & ~VX(w,t)) | V0(w) : held)
#define GONE   if :: gen==g -> held = held & ~V0(w) :: else fi

proctype Writer(byte w) {
	byte t, k, n, g, id, mine;
#ifdef M6
	byte cache;
#endif
	do
	:: t == TXS -> break
	:: t < TXS ->
#if defined(FIXEDKEYS)
		atomic { g = gen; n = 0; mine = 0; k = (w == WRITERS-1) }
#elif defined(ONEKEY)
		atomic { g = gen; n = 0; mine = 0 }
#else
		atomic { g = gen; n = 0; mine = 0; if :: k = 0 :: k = 1 fi }
#endif
#if !defined(M5) && !defined(M17)
		atomic { (keylock[k]==0 || gen!=g); Cut(); keylock[k] = w+1 }
#endif
#if defined(M16)        /* the lock that is looked at is the parent's, and the first backend writes into a partition */
		atomic { Cut(); held = (w > 0 -> held | VX(w,t) : held) }
#elif !defined(M12)
		atomic { Cut(); held = held | VX(w,t) }
#endif
		do
#ifdef SYMMETRIC        /* writers are alike: they are numbered by their first id, which loses nothing together with ATOMICLOOK */
		:: atomic { n < ROWSOF(w) && (n > 0 || t > 0 || started == w); if :: n == 0 && t == 0 -> started++ :: else fi; Insert() }
#else
		:: atomic { n < ROWSOF(w); Cut(); Insert() }
#endif
		:: n > 0 -> break
		od;
#ifdef M12              /* the lock that is looked at is taken after nextval, as that of a partition is */
		atomic { Cut(); held = held | VX(w,t) }
#endif
#ifdef SAVEPOINT
		if
		:: skip
		:: atomic { Cut(); dead = dead | mine; mine = 0; n = 0 }
		   if
		   :: skip
		   :: atomic { Cut(); Insert() }
		   fi
		fi;
#endif
#ifdef M5               /* the key's lock is taken after nextval */
		atomic { (keylock[k]==0 || gen!=g); Cut(); keylock[k] = w+1 }
#endif
		if
		:: atomic { Cut(); Visible(); ENDING }
		   atomic { GONE }
		:: atomic { Cut(); dead = dead | mine; ENDING; if :: keylock[k]==w+1 -> keylock[k]=0 :: else fi }
		   atomic { GONE }
#ifdef PREPARED
		:: atomic { Cut(); prep = prep | (1<<w); pmask = pmask | mine; FLUSH }
		   if
		   :: atomic { prep = prep & ~(1<<w); Visible() }
		   :: atomic { prep = prep & ~(1<<w); dead = dead | mine; keylock[k]=0 }
		   fi;
#ifdef RESTART
		   held = held & ~(VX(w,t) | VP(w))
#else
		   held = held & ~VX(w,t)
#endif
#endif
		fi;
cut:		atomic { t++; mine = 0; n = 0; k = 0; g = 0 }
	od;
	atomic { ended++; t = 0 }
}

#ifdef RESTART
proctype Restart() {
	byte w, h;
	atomic {
#ifdef ASYNC
		seq = dseq; vis = dvis; key1 = key1 & GIVEN; dead = dead & GIVEN;
		delivered = delivered & GIVEN; applied = applied & GIVEN; /* a new row under an old id is a new row */
#endif
		dead = dead | (GIVEN & ~vis & ~dead & ~pmask);
		h = 0; w = 0;
		do :: w < WRITERS -> if :: prep & (1<<w) -> h = h | VP(w) :: else fi; w++ :: else -> break od;
		held = h; h = 0; w = 0;
		do
		:: w < 2 ->
			if
			:: keylock[w] && (prep & (1<<(keylock[w]-1))) == 0 -> keylock[w] = 0
			:: else
			fi; w++
		:: else -> break
		od; w = 0;
		rowlock = 0;
		gen++;
#ifdef ASYNC
		head=dhead; gaps=dgaps; epoch=depoch; version=dversion; owner=downer; newest=downer;
#endif
	}
}
#endif

#ifdef M15
proctype Walwriter() { atomic { FLUSH } }
#endif
#ifdef BLOCKER          /* takes the sequence's lock and never ends: after the gap was asked about, or (BLOCKFIRST) at any time */
#ifdef BLOCKFIRST
#define MAYBLOCK true
#else
#define MAYBLOCK asked
#endif
proctype Blocker() { endb: MAYBLOCK -> held = held | BLK }
#endif

/* ---- the reader ---- */
inline ReadHead() {
	nh = h; cnt = 0; i = h+1;
	do
	:: i <= IDS && cnt < LIMIT ->
		if :: vis & B(i) -> rows = rows | B(i); nh = i; cnt++ :: else fi; i++
	:: else -> break
	od; i = 0; cnt = 0
}
inline ReadGaps() {     /* M7: the gaps' part has a limit of its own, of one row */
#ifdef M7
	i = 1;
	do
	:: i <= IDS -> if :: vis & gp & B(i) -> rows = rows | B(i); unread = gp & ~((1<<i)-1); break :: else fi; i++
	:: else -> break
	od; i = 0
#else
	rows = rows | (vis & gp)
#endif
}
inline ReadBoth() {     /* ONE limit over gaps and head, the lowest ids first */
	nh = h; cnt = 0; i = 1;
	do
	:: i <= IDS && cnt < LIMIT ->
		if
		:: (vis & B(i)) && (i > h || (gp & B(i))) -> rows = rows | B(i); nh = (i > h -> i : nh); cnt++
		:: else
		fi; i++
	:: else -> break
	od;
	if :: cnt == LIMIT -> unread = gp & ~((1<<(i-1))-1) :: else fi;
	i = 0; cnt = 0
}
#ifdef M14              /* the result breaks off and is taken for whole */
inline Break() {
	rows = rows & ((1<<brk)-1); nh = h; i = h+1;
	do :: i <= IDS -> if :: rows & B(i) -> nh = i :: else fi; i++ :: else -> break od;
	i = 0; brk = 0
}
#else
#define Break() skip
#endif
inline Judge() {        /* by the lock table as it was seen: which gaps are dead unless the read shows them */
	deadg = 0; i = 1;
	do
	:: i <= IDS ->
		if
		:: gp & B(i) ->
#ifdef M9               /* the holders of a gap are asked again at each look */
			own[i-1] = now; known = known | B(i);
#else
			if :: (known & B(i)) == 0 -> own[i-1] = now; known = known | B(i) :: else fi;
#endif
			if :: (own[i-1] & now) == 0 -> deadg = deadg | B(i) :: else fi
		:: else
		fi; i++
	:: else -> break
	od;
	i = 0; now = 0; asked = (known != 0)
}
inline Settle() {       /* the position after the batch */
#ifdef M1               /* gaps are not kept */
	ng = 0;
#else
	ng = (gp & ~rows & ~(deadg & ~unread)) | (((1<<nh)-1) & ~((1<<h)-1) & ~rows);
#endif
	known = known & ng; deadg = 0; unread = 0; i = 1;
	do :: i <= IDS -> if :: (ng & B(i)) == 0 -> own[i-1] = 0 :: else fi; i++ :: else -> break od;
	i = 0
}
inline Holders() {
	i = 0; now = 0;
#ifdef ATOMICLOOK
	now = held;
#else
	do :: atomic { i < WRITERS -> now = now | (held & VALL(i)); i++ } :: i == WRITERS -> break od;
	i = 0;
#endif
}
#ifdef M11              /* what was known of the gaps outlives the session */
#define Session() skip
#else
#define Session() if :: gen != g -> goto end :: else fi
#endif
#ifdef NOEPOCH
#define EPOCH true
#else
#define EPOCH (epoch == ep)
#endif
#ifdef NOTOKEN
#define TOKEN true
#else
#define TOKEN (owner == r+1)
#endif
#ifdef NOVERSION
#define VERSION true
#else
#define VERSION (version == ver)
#endif
#define FENCE (EPOCH && TOKEN && VERSION)

inline Newest() {
	S4 = (newest == r+1);
#ifndef NOS4
	assert(S4)
#endif
}
inline Advance(x,y) {
	Session();
	if
	:: FENCE ->
		Newest();
		head = x; gaps = y; version++; ver++;
		S1 = ((vis & PASSED(head,gaps) & ~delivered) == 0); assert(S1)
	:: else -> goto end
	fi
}
inline Order(x) {       /* S2: first deliveries follow the ids of their key */
	S2 = ((B(x) & delivered) || (((B(x)-1) & KEYMASK(x) & ~dead & ~delivered & GIVEN) == 0));
#ifndef NOS2
	assert(S2)
#endif
}
inline Consume(x) {     /* a consumer with watermarks */
	if
	:: x > mark[SECOND(x)] -> mark[SECOND(x)] = x; applied = applied | B(x)
	:: else -> S5 = ((applied & B(x)) != 0);
#ifndef NOS5
		assert(S5)
#endif
	fi
}
inline Taken() { h = nh; gp = ng; nh = 0; ng = 0; rows = 0 }

proctype Reader(byte r) {
	byte ep, ver, h, nh, i, cnt, g, looks, gp, known, deadg, rows, ng, unread;
	byte own[IDS], now, last[2], skipto; bool again;
#ifdef M14
	byte brk;
#endif
#ifdef INFLIGHT
	bool pend; byte ph, pg;
#endif

#ifdef INORDER          /* owners are numbered by their start */
	atomic { (r == 0 || newest == r) -> skip }
#endif
	atomic { /* Own */
		rowlock == 0 ->
		epoch++; owner = r+1; newest = r+1;
		ep = epoch; ver = version; h = head; gp = gaps; g = gen;
#ifndef ASYNCOWN
		FLUSH;
#endif
#ifdef M8               /* what is in the partition already is not published again */
		skipto = lastrec;
#endif
	}
	do
	::
#ifdef CRASH
		if :: skip :: (r < CRASH) -> goto end fi;
#endif
		Session();
#ifdef LOOKS
		atomic { if :: ended == WRITERS && looks < LOOKS -> looks++ :: else fi }
#endif
#ifndef M2
		if
		:: gp != 0 -> Holders(); d_step { Judge() }
		:: else
		fi;
#endif
		Session();
		rows = 0; unread = 0;
#if defined(M3)         /* two statements, gaps first */
		d_step { ReadGaps() }
		d_step { ReadHead(); Settle() }
#elif defined(HEADFIRST)
		d_step { ReadHead() }
		d_step { ReadGaps(); Settle() }
#elif defined(M2)       /* the read before the holders */
		d_step { ReadBoth() }
		if
		:: gp != 0 -> Holders(); d_step { Judge() }
		:: else
		fi;
		d_step { Settle() }
#elif defined(M7)
		atomic { Session(); d_step { ReadGaps(); ReadHead(); Settle() } }
#else
#ifdef M14
		if :: brk = IDS :: brk = 0 :: brk = 1 :: brk = 2 fi;
#endif
		atomic { Session(); d_step { ReadBoth(); Break(); Settle() } }
#endif
		if
		:: rows == 0 && nh == h && ng == gp -> /* nothing to store */
			ng = 0; nh = 0;
#ifdef INFLIGHT
			atomic { if :: pend -> Advance(ph,pg); pend = 0; ph = 0; pg = 0 :: else fi }
#endif
		:: else ->
#ifdef TX               /* the effects and Advance in one transaction */
retry:
			atomic {
				rowlock == 0 ->
				if
				:: FENCE -> rowlock = r+1
				:: else -> goto end          /* fenced: rolled back, no effect */
				fi
			}
			if
			:: atomic { /* COMMIT */
				(gen == g || rowlock == r+1) ->
				if :: rowlock != r+1 -> goto end :: else fi;
				Newest();
				S3 = ((rows & delivered) == 0); assert(S3);
				i = 1;
				do
				:: i <= IDS -> if :: rows & B(i) -> Order(i); delivered = delivered | B(i) :: else fi; i++
				:: else -> break
				od; i = 0;
				head = nh; gaps = ng; version++; rowlock = 0;
				S1 = ((vis & PASSED(head,gaps) & ~delivered) == 0); assert(S1);
				FLUSH
				}
#ifdef LOSTANSWER
				if  /* the answer may be lost; the same owner tries the batch again, once */
				:: ver = ver+1; again = 0
				:: !again -> again = 1; goto retry
				fi;
#else
				ver = ver+1;
#endif
#ifdef FAILING          /* the handler fails, and the next batch is read although this one is not stored */
			:: atomic { rowlock == r+1 -> rowlock = 0; ver = ver+1 }
#else
			:: rowlock == r+1 -> rowlock = 0; goto end /* the handler fails or the process dies: rolled back */
#endif
			:: rowlock != r+1 -> goto end              /* the server went down under it */
			fi;
			atomic { Taken() }
#else                   /* the relay: row by row in the order of ids, then Advance */
			i = 1;
			do
			:: atomic { i <= IDS ->
				if
				:: rows & B(i) ->
#ifdef M19              /* this row is refused for good, those sent behind it are not */
					if :: !again -> again = 1; goto refused :: true -> skip fi;
#endif
#ifdef M8
					if :: r > 0 && i <= skipto -> goto refused :: else fi;
#endif
					Order(i);
#ifndef NOS2
					S2 = (i > last[SECOND(i)]); assert(S2);
#endif
					last[SECOND(i)] = i;
					delivered = delivered | B(i); lastrec = i;
					Consume(i);
#if defined(M19) || defined(M8)
refused:				skip
#endif
				:: else
				fi; i++;
				do :: i <= IDS && (rows & B(i)) == 0 -> i++ :: else -> break od
				}
			:: atomic { i > IDS -> i = 0; break }
			od;
#ifdef M19
			if :: again -> goto end :: else -> skip fi; /* not all acknowledged: no Advance, the next owner repeats */
#endif
#ifdef INFLIGHT         /* a second batch is read and published before the first one's Advance */
			if
			:: atomic { !pend -> pend = 1; ph = nh; pg = ng; Taken() }
			:: atomic { if :: pend -> Advance(ph,pg); pend = 0; ph = 0; pg = 0 :: else fi }
			   atomic { Advance(nh,ng); Taken() }
			fi
#else
			atomic { Advance(nh,ng); Taken() }
#endif
#endif
		fi;
#ifdef LOOKS
		if
		:: looks == LOOKS -> L = (gp == 0 && (vis & ~delivered) == 0); assert(L); goto end
		:: else
		fi
#endif
	od;
end:	atomic { ep = 0; ver = 0; h = 0; nh = 0; i = 0; gp = 0; known = 0; rows = 0; ng = 0; deadg = 0; unread = 0; now = 0; looks = 0; again = 0;
		last[0] = 0; last[1] = 0; skipto = 0; g = 0 }
}

#ifdef LIVE
bool tick;
proctype Clock() { do :: tick = !tick od }  /* no run ends: fairness is about endless runs only */
#endif
init {
	byte x;
	atomic {
#ifdef LIVE
		run Clock();
#endif
		x = 0; do :: x < WRITERS -> run Writer(x); x++ :: else -> break od;
		x = 0; do :: x < READERS -> run Reader(x); x++ :: else -> break od;
#ifdef RESTART
		run Restart();
#endif
#ifdef M15
		run Walwriter();
#endif
#ifdef BLOCKER
		run Blocker();
#endif
		x = 0;
	}
}

#ifdef LIVE
#define DONE (ended == WRITERS && gaps == 0 && (vis & ~PASSED(head,gaps)) == 0 && (vis & ~delivered) == 0)
ltl live { <>[] DONE }
#endif
