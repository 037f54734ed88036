DROP TABLE audit.entries, audit.heads, audit.keys;
DROP FUNCTION audit.refuse();
