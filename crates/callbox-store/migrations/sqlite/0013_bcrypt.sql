-- Hashes of other systems that are left: the highest cost is asked at each start.

CREATE INDEX users_by_bcrypt ON users (substr(password_hash, 5, 2)) WHERE substr(password_hash, 2, 1) = '2';
