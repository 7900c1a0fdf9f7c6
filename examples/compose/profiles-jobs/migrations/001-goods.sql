CREATE TABLE goods (name TEXT PRIMARY KEY, cents INTEGER NOT NULL);
INSERT INTO goods VALUES ('apple', 40), ('pear', 55);
