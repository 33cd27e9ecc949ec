-- A database for each service of compose.yaml: each has tables of its own, and its own outbox.
CREATE DATABASE orders;
CREATE DATABASE inventory;
CREATE DATABASE fraud;
CREATE DATABASE chat;
CREATE DATABASE iot;
CREATE DATABASE social;
