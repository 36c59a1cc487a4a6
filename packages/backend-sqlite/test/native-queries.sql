-- {"status":"online"}
(m.facts ->> '$."status"') = ?1
--   sonline

-- {"status":null}
(m.facts ->> '$."status"') = ?1
--   z

-- {"status":{"$eq":{"a":1}}}
(m.facts ->> '$."status"') = ?1
--   {"a":"nbff0000000000000"}

-- {"status.ne":"online"}
(m.facts ->> '$."status"') <> ?1
--   sonline

-- {"battery":0.1}
(m.facts ->> '$."battery"') = ?1
--   nbfb999999999999a

-- {"other":1}
(m.facts ->> '$."other"') = ?1
--   nbff0000000000000

-- {"battery.lt":0.2}
((m.facts ->> '$."battery"') < ?1 and (m.facts ->> '$."battery"') >= 'n')
--   nbfc999999999999a

-- {"battery.gte":1e-7}
((m.facts ->> '$."battery"') >= ?1 and (m.facts ->> '$."battery"') < 'o')
--   nbe7ad7f29abcaf48

-- {"status.gt":"off"}
((m.facts ->> '$."status"') > ?1 and (m.facts ->> '$."status"') < 't')
--   soff

-- {"other.lte":"x"}
((m.facts ->> '$."other"') <= ?1 and (m.facts ->> '$."other"') >= 's')
--   sx

-- {"status.in":["online",1,null]}
(m.facts ->> '$."status"') in (?1, ?2, ?3)
--   sonline, nbff0000000000000, z

-- {"status.in":["online",{"a":1}]}
(m.facts ->> '$."status"') in (?1, ?2)
--   sonline, {"a":"nbff0000000000000"}

-- {"status.in":[]}
(m.facts ->> '$."status"') in ()
--   

-- {"status.nin":["online","away"]}
(m.facts ->> '$."status"') not in (?1, ?2)
--   saway, sonline

-- {"status.startswith":"on"}
((m.facts ->> '$."status"') >= ?1 and (m.facts ->> '$."status"') < ?2)
--   son, soo

-- {"other.startswith":"on"}
((m.facts ->> '$."other"') >= ?1 and (m.facts ->> '$."other"') < ?2)
--   son, soo

-- {"status.startswith":""}
((m.facts ->> '$."status"') >= ?1 and (m.facts ->> '$."status"') < ?2)
--   s, t

-- {"status.endswith":"e"}
(((m.facts ->> '$."status"') >= 's' and (m.facts ->> '$."status"') < 't') and length((m.facts ->> '$."status"')) > 1 and substr((m.facts ->> '$."status"'), -1) = ?1)
--   e

-- {"status.contains":"n"}
case when ((m.facts ->> '$."status"') >= 's' and (m.facts ->> '$."status"') < 't') then instr(substr((m.facts ->> '$."status"'), 2), ?1) > 0 when ((m.facts ->> '$."status"') >= '[' and (m.facts ->> '$."status"') < '\') then exists (select 1 from json_each(m.facts, '$."status"') e where e.value = ?2) end
--   n, sn

-- {"other.contains":"n"}
case when ((m.facts ->> '$."other"') >= 's' and (m.facts ->> '$."other"') < 't') then instr(substr((m.facts ->> '$."other"'), 2), ?1) > 0 when ((m.facts ->> '$."other"') >= '[' and (m.facts ->> '$."other"') < '\') then exists (select 1 from json_each(m.facts, '$."other"') e where e.value = ?2) end
--   n, sn

-- {"tags.contains":"a"}
case when ((m.facts ->> '$."tags"') >= 's' and (m.facts ->> '$."tags"') < 't') then instr(substr((m.facts ->> '$."tags"'), 2), ?1) > 0 when ((m.facts ->> '$."tags"') >= '[' and (m.facts ->> '$."tags"') < '\') then exists (select 1 from json_each(m.facts, '$."tags"') e where e.value = ?2) end
--   a, sa

-- {"tags.contains":1}
case  when ((m.facts ->> '$."tags"') >= '[' and (m.facts ->> '$."tags"') < '\') then exists (select 1 from json_each(m.facts, '$."tags"') e where e.value = ?1) end
--   nbff0000000000000

-- {"tags.contains":{"a":1}}
case  when ((m.facts ->> '$."tags"') >= '[' and (m.facts ->> '$."tags"') < '\') then exists (select 1 from json_each(m.facts, '$."tags"') e where e.value = ?1) end
--   {"a":"nbff0000000000000"}

-- {"status.exists":true}
(m.facts ->> '$."status"') is not null
--   

-- {"status.exists":false}
(m.facts ->> '$."status"') is null
--   

-- {"status.type":"number"}
((m.facts ->> '$."status"') >= 'n' and (m.facts ->> '$."status"') < 'o')
--   

-- {"status.regex":"^on.*e$"}
((m.facts ->> '$."status"') >= ?1 and (m.facts ->> '$."status"') < ?2)
--   son, soo
--   and the evaluator: {"op":"regex","path":["status"],"value":"^on.*e$"}

-- {"status.regex":"line"}
--   and the evaluator: {"op":"regex","path":["status"],"value":"line"}

-- {"$attached":true}
--   and the evaluator: {"op":"eq","about":"attached","value":true}

-- {"$registeredAt.gt":0}
r.registered_at > ?1
--   0

-- {"$identity":"sensor-7"}
r.identity = ?1
--   sensor-7

-- {"$identity.in":["sensor-7","a0"]}
r.identity in (?1, ?2)
--   a0, sensor-7

-- {"$identity":{"$startswith":"sensor-1"}}
(r.identity >= ?1 and r.identity < ?2)
--   sensor-1, sensor-2

-- {"$identity":{"$gt":"a","$lte":"sensor-3"}}
(r.identity > ?1 and r.identity <= ?2)
--   a, sensor-3

-- {"status":{"$in":[{"b":[1,"x"],"a":null}]}}
(m.facts ->> '$."status"') in (?1)
--   {"a":"z","b":["nbff0000000000000","sx"]}

-- {"a.b\\.c.\"d\" é":1}
(m.facts ->> '$."a"."b.c"."~22~d~22~~20~~e9~"') = ?1
--   nbff0000000000000

-- {"status":"online","battery":{"$gte":0.5,"$lt":1}}
((m.facts ->> '$."status"') = ?1 and ((m.facts ->> '$."battery"') >= ?2 and (m.facts ->> '$."battery"') < 'o') and ((m.facts ->> '$."battery"') < ?3 and (m.facts ->> '$."battery"') >= 'n'))
--   sonline, nbfe0000000000000, nbff0000000000000

-- {"$or":[{"status":"online"},{"battery.gt":1}]}
((m.facts ->> '$."status"') = ?1 or ((m.facts ->> '$."battery"') > ?2 and (m.facts ->> '$."battery"') < 'o'))
--   sonline, nbff0000000000000

-- {"$or":[{"status":"online"},{"status.regex":"^a"}]}
((m.facts ->> '$."status"') = ?1 or ((m.facts ->> '$."status"') >= ?2 and (m.facts ->> '$."status"') < ?3))
--   sonline, sa, sb
--   and the evaluator: {"op":"or","nodes":[{"op":"eq","path":["status"],"value":"online"},{"op":"regex","path":["status"],"value":"^a"}]}

-- {"$not":{"status":"online"}}
(not coalesce((m.facts ->> '$."status"') = ?1, 0))
--   sonline

-- {"$not":{"$or":[{"battery.lt":1},{"status.contains":"n"}]}}
((not coalesce(case when ((m.facts ->> '$."status"') >= 's' and (m.facts ->> '$."status"') < 't') then instr(substr((m.facts ->> '$."status"'), 2), ?1) > 0 when ((m.facts ->> '$."status"') >= '[' and (m.facts ->> '$."status"') < '\') then exists (select 1 from json_each(m.facts, '$."status"') e where e.value = ?2) end, 0)) and (not coalesce(((m.facts ->> '$."battery"') < ?3 and (m.facts ->> '$."battery"') >= 'n'), 0)))
--   n, sn, nbff0000000000000

-- {"at.near":{"lat":0.1,"lon":0.1,"radiusM":1000}}
(((m.facts ->> '$."at"."lat"') >= ?1 and (m.facts ->> '$."at"."lat"') < 'o') and ((m.facts ->> '$."at"."lat"') <= ?2 and (m.facts ->> '$."at"."lat"') >= 'n') and ((m.facts ->> '$."at"."lon"') >= ?3 and (m.facts ->> '$."at"."lon"') < 'o') and ((m.facts ->> '$."at"."lon"') <= ?4 and (m.facts ->> '$."at"."lon"') >= 'n'))
--   nbfb74652e8d06d6a, nbfbbece04a62c5ca, nbfb74652a919b593, nbfbbece08a197da1
--   and the evaluator: {"op":"near","path":["at"],"value":{"lat":0.1,"lon":0.1,"radiusM":1000}}

-- {"at.near":{"lat":50,"lon":180,"radiusM":1000}}
(((m.facts ->> '$."at"."lat"') >= ?1 and (m.facts ->> '$."at"."lat"') < 'o') and ((m.facts ->> '$."at"."lat"') <= ?2 and (m.facts ->> '$."at"."lat"') >= 'n') and ((m.facts ->> '$."at"."lon"') >= ?3 and (m.facts ->> '$."at"."lon"') < 'o') and ((m.facts ->> '$."at"."lon"') <= ?4 and (m.facts ->> '$."at"."lon"') >= 'n'))
--   nc048fed65ca79b6a, nc0490129a3586496, n3f997fffffffffff, nc066800000000000
--   and the evaluator: {"op":"near","path":["at"],"value":{"lat":50,"lon":180,"radiusM":1000}}

-- {"at.within":{"south":40,"north":60,"west":170,"east":-170}}
(((m.facts ->> '$."at"."lat"') >= ?1 and (m.facts ->> '$."at"."lat"') < 'o') and ((m.facts ->> '$."at"."lat"') <= ?2 and (m.facts ->> '$."at"."lat"') >= 'n') and (((m.facts ->> '$."at"."lon"') >= ?3 and (m.facts ->> '$."at"."lon"') < 'o') or ((m.facts ->> '$."at"."lon"') <= ?4 and (m.facts ->> '$."at"."lon"') >= 'n')))
--   nc044000000000000, nc04e000000000000, nc065400000000000, n3f9abfffffffffff
--   and the evaluator: {"op":"within","path":["at"],"value":{"south":40,"north":60,"west":170,"east":-170}}

-- {"it's \"quoted\"":"'; drop table muster_registrations; --"}
(m.facts ->> '$."it~27~s~20~~22~quoted~22~"') = ?1
--   s'; drop table muster_registrations; --
