DROP TABLE IF EXISTS fxcell.attempt;
DROP TABLE IF EXISTS fxcell.claim;
DROP TABLE IF EXISTS fxcell.lock;
