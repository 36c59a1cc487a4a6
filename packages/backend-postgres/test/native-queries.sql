-- {"status":"online"}
left("muster"."text_of"(m.metadata -> $2::text), 64) collate "C" = $3::text
--   status, online

-- {"status":null}
jsonb_set('{}'::jsonb, array[m.namespace], m.metadata) @> $2::jsonb
--   {"iot":{"status":null}}

-- {"status":{"$eq":{"a":1}}}
m.metadata -> $2::text = $3::jsonb
--   status, {"a":1}

-- {"status.ne":"online"}
m.metadata -> $2::text <> $3::jsonb
--   status, "online"

-- {"battery":0.1}
"muster"."number_of"(m.metadata -> $2::text) = $3::numeric
--   battery, 0.1

-- {"other":1}
jsonb_set('{}'::jsonb, array[m.namespace], m.metadata) @> $2::jsonb
--   {"iot":{"other":1}}

-- {"battery.lt":0.2}
"muster"."number_of"(m.metadata -> $2::text) < $3::numeric
--   battery, 0.2

-- {"battery.gte":1e-7}
"muster"."number_of"(m.metadata -> $2::text) >= $3::numeric
--   battery, 1e-7

-- {"status.gt":"off"}
left("muster"."text_of"(m.metadata -> $2::text), 64) collate "C" > $3::text
--   status, off

-- {"other.lte":"x"}
"muster"."text_of"(m.metadata -> $2::text) collate "C" <= $3::text
--   other, x

-- {"status.in":["online",1,null]}
(jsonb_set('{}'::jsonb, array[m.namespace], m.metadata) @> $2::jsonb or jsonb_set('{}'::jsonb, array[m.namespace], m.metadata) @> $3::jsonb or jsonb_set('{}'::jsonb, array[m.namespace], m.metadata) @> $4::jsonb)
--   {"iot":{"status":"online"}}, {"iot":{"status":1}}, {"iot":{"status":null}}

-- {"status.in":["online",{"a":1}]}
m.metadata -> $2::text = any($3::jsonb[])
--   status, array ["online" {"a":1}]

-- {"status.in":[]}
m.metadata -> $2::text = any($3::jsonb[])
--   status, array []

-- {"status.nin":["online","away"]}
m.metadata -> $2::text <> all($3::jsonb[])
--   status, array ["away" "online"]

-- {"status.startswith":"on"}
(left("muster"."text_of"(m.metadata -> $2::text), 64) collate "C" >= $3::text and left("muster"."text_of"(m.metadata -> $2::text), 64) collate "C" < $4::text)
--   status, on, oo

-- {"other.startswith":"on"}
starts_with("muster"."text_of"(m.metadata -> $2::text) collate "C", $3::text)
--   other, on

-- {"status.startswith":""}
left("muster"."text_of"(m.metadata -> $2::text), 64) collate "C" >= ''
--   status

-- {"status.endswith":"e"}
right("muster"."text_of"(m.metadata -> $2::text) collate "C", 1) = $3::text
--   status, e

-- {"status.contains":"n"}
((jsonb_set('{}'::jsonb, array[m.namespace], m.metadata) @> $2::jsonb or left("muster"."text_of"(m.metadata -> $3::text), 64) collate "C" >= '') and case jsonb_typeof(m.metadata -> $3::text) when 'string' then strpos("muster"."text_of"(m.metadata -> $3::text) collate "C", $4::text) > 0 when 'array' then exists (select from jsonb_array_elements(m.metadata -> $3::text) as e(element) where element = $5::jsonb) end)
--   {"iot":{"status":["n"]}}, status, n, "n"

-- {"other.contains":"n"}
case jsonb_typeof(m.metadata -> $2::text) when 'string' then strpos("muster"."text_of"(m.metadata -> $2::text) collate "C", $3::text) > 0 when 'array' then exists (select from jsonb_array_elements(m.metadata -> $2::text) as e(element) where element = $4::jsonb) end
--   other, n, "n"

-- {"tags.contains":"a"}
((jsonb_set('{}'::jsonb, array[m.namespace], m.metadata) @> $2::jsonb or left("muster"."text_of"(m.metadata -> $3::text), 64) collate "C" >= '') and case jsonb_typeof(m.metadata -> $3::text) when 'string' then strpos("muster"."text_of"(m.metadata -> $3::text) collate "C", $4::text) > 0 when 'array' then exists (select from jsonb_array_elements(m.metadata -> $3::text) as e(element) where element = $5::jsonb) end)
--   {"iot":{"tags":["a"]}}, tags, a, "a"

-- {"tags.contains":1}
(jsonb_set('{}'::jsonb, array[m.namespace], m.metadata) @> $2::jsonb and case jsonb_typeof(m.metadata -> $3::text)  when 'array' then exists (select from jsonb_array_elements(m.metadata -> $3::text) as e(element) where element = $4::jsonb) end)
--   {"iot":{"tags":[1]}}, tags, 1

-- {"tags.contains":{"a":1}}
case jsonb_typeof(m.metadata -> $2::text)  when 'array' then exists (select from jsonb_array_elements(m.metadata -> $2::text) as e(element) where element = $3::jsonb) end
--   tags, {"a":1}

-- {"status.exists":true}
m.metadata -> $2::text is not null
--   status

-- {"status.exists":false}
m.metadata -> $2::text is null
--   status

-- {"status.type":"number"}
jsonb_typeof(m.metadata -> $2::text) = $3::text
--   status, number

-- {"status.regex":"^on.*e$"}
(left("muster"."text_of"(m.metadata -> $2::text), 64) collate "C" >= $3::text and left("muster"."text_of"(m.metadata -> $2::text), 64) collate "C" < $4::text)
--   status, on, oo
--   and the evaluator: {"op":"regex","path":["status"],"value":"^on.*e$"}

-- {"status.regex":"line"}
--   and the evaluator: {"op":"regex","path":["status"],"value":"line"}

-- {"$attached":true}
--   and the evaluator: {"op":"eq","about":"attached","value":true}

-- {"$registeredAt.gt":0}
r.registered_at > $2::numeric
--   0

-- {"$identity":"sensor-7"}
r.identity = $2::text
--   sensor-7

-- {"$identity.in":["sensor-7","a0"]}
r.identity = any($2::text[])
--   array [a0 sensor-7]

-- {"$identity":{"$startswith":"sensor-1"}}
(r.identity >= $2::text and r.identity < $3::text)
--   sensor-1, sensor-2

-- {"$identity":{"$gt":"a","$lte":"sensor-3"}}
(r.identity > $2::text and r.identity <= $3::text)
--   a, sensor-3

-- {"status":"online","battery":{"$gte":0.5,"$lt":1}}
(left("muster"."text_of"(m.metadata -> $2::text), 64) collate "C" = $3::text and "muster"."number_of"(m.metadata -> $4::text) >= $5::numeric and "muster"."number_of"(m.metadata -> $4::text) < $6::numeric)
--   status, online, battery, 0.5, 1

-- {"$or":[{"status":"online"},{"battery.gt":1}]}
(left("muster"."text_of"(m.metadata -> $2::text), 64) collate "C" = $3::text or "muster"."number_of"(m.metadata -> $4::text) > $5::numeric)
--   status, online, battery, 1

-- {"$or":[{"status":"online"},{"status.regex":"^a"}]}
(left("muster"."text_of"(m.metadata -> $2::text), 64) collate "C" = $3::text or (left("muster"."text_of"(m.metadata -> $2::text), 64) collate "C" >= $4::text and left("muster"."text_of"(m.metadata -> $2::text), 64) collate "C" < $5::text))
--   status, online, a, b
--   and the evaluator: {"op":"or","nodes":[{"op":"eq","path":["status"],"value":"online"},{"op":"regex","path":["status"],"value":"^a"}]}

-- {"$not":{"status":"online"}}
(not coalesce(m.metadata -> $2::text = $3::jsonb, false))
--   status, "online"

-- {"$not":{"$or":[{"battery.lt":1},{"status.contains":"n"}]}}
((not coalesce(case jsonb_typeof(m.metadata -> $2::text) when 'string' then strpos("muster"."text_of"(m.metadata -> $2::text) collate "C", $3::text) > 0 when 'array' then exists (select from jsonb_array_elements(m.metadata -> $2::text) as e(element) where element = $4::jsonb) end, false)) and (not coalesce("muster"."number_of"(m.metadata -> $5::text) < $6::numeric, false)))
--   status, n, "n", battery, 1

-- {"at.near":{"lat":0.1,"lon":0.1,"radiusM":1000}}
("muster"."number_of"(m.metadata -> $2::text -> $3::text) >= $4::numeric and "muster"."number_of"(m.metadata -> $2::text -> $3::text) <= $5::numeric and "muster"."number_of"(m.metadata -> $2::text -> $6::text) >= $7::numeric and "muster"."number_of"(m.metadata -> $2::text -> $6::text) <= $8::numeric)
--   at, lat, 0.09091680702151952, 0.10908319297848049, lon, 0.09091679218700781, 0.1090832078129922
--   and the evaluator: {"op":"near","path":["at"],"value":{"lat":0.1,"lon":0.1,"radiusM":1000}}

-- {"at.near":{"lat":50,"lon":180,"radiusM":1000}}
("muster"."number_of"(m.metadata -> $2::text -> $3::text) >= $4::numeric and "muster"."number_of"(m.metadata -> $2::text -> $3::text) <= $5::numeric and "muster"."number_of"(m.metadata -> $2::text -> $6::text) >= $7::numeric and "muster"."number_of"(m.metadata -> $2::text -> $6::text) <= $8::numeric)
--   at, lat, 49.99091680702152, 50.00908319297848, lon, -180, 180
--   and the evaluator: {"op":"near","path":["at"],"value":{"lat":50,"lon":180,"radiusM":1000}}

-- {"at.within":{"south":40,"north":60,"west":170,"east":-170}}
("muster"."number_of"(m.metadata -> $2::text -> $3::text) >= $4::numeric and "muster"."number_of"(m.metadata -> $2::text -> $3::text) <= $5::numeric and ("muster"."number_of"(m.metadata -> $2::text -> $6::text) >= $7::numeric or "muster"."number_of"(m.metadata -> $2::text -> $6::text) <= $8::numeric))
--   at, lat, 40, 60, lon, 170, -170
--   and the evaluator: {"op":"within","path":["at"],"value":{"south":40,"north":60,"west":170,"east":-170}}

-- {"spot.near":{"lat":0.1,"lon":0.1,"radiusM":1000},"battery":0.1}
(case when "muster"."number_of"(m.metadata -> $2::text -> 'lat') between -90 and 90 and "muster"."number_of"(m.metadata -> $2::text -> 'lon') between -180 and 180
    then point("muster"."number_of"(m.metadata -> $2::text -> 'lon')::float8 + 1000 * (hashtextextended(m.namespace, 0) % 1000000), "muster"."number_of"(m.metadata -> $2::text -> 'lat')::float8) end <@ box(point($4::numeric::float8 + 1000 * (hashtextextended($3::text, 0) % 1000000), $5::numeric::float8), point($6::numeric::float8 + 1000 * (hashtextextended($3::text, 0) % 1000000), $7::numeric::float8)) and "muster"."number_of"(m.metadata -> $8::text) = $9::numeric and "muster"."number_of"(m.metadata -> $2::text -> $10::text) >= $11::numeric and "muster"."number_of"(m.metadata -> $2::text -> $12::text) >= $13::numeric and "muster"."number_of"(m.metadata -> $2::text -> $10::text) <= $14::numeric and "muster"."number_of"(m.metadata -> $2::text -> $12::text) <= $15::numeric)
--   spot, iot, 0.09090679218700781, 0.09090680702151953, 0.1090932078129922, 0.10909319297848048, battery, 0.1, lat, 0.09091680702151952, lon, 0.09091679218700781, 0.10908319297848049, 0.1090832078129922
--   and the evaluator: {"op":"near","path":["spot"],"value":{"lat":0.1,"lon":0.1,"radiusM":1000}}

-- {"spot.within":{"south":40,"north":60,"west":170,"east":-170}}
((case when "muster"."number_of"(m.metadata -> $2::text -> 'lat') between -90 and 90 and "muster"."number_of"(m.metadata -> $2::text -> 'lon') between -180 and 180
    then point("muster"."number_of"(m.metadata -> $2::text -> 'lon')::float8 + 1000 * (hashtextextended(m.namespace, 0) % 1000000), "muster"."number_of"(m.metadata -> $2::text -> 'lat')::float8) end <@ box(point($4::numeric::float8 + 1000 * (hashtextextended($3::text, 0) % 1000000), $5::numeric::float8), point($6::numeric::float8 + 1000 * (hashtextextended($3::text, 0) % 1000000), $7::numeric::float8)) or case when "muster"."number_of"(m.metadata -> $2::text -> 'lat') between -90 and 90 and "muster"."number_of"(m.metadata -> $2::text -> 'lon') between -180 and 180
    then point("muster"."number_of"(m.metadata -> $2::text -> 'lon')::float8 + 1000 * (hashtextextended(m.namespace, 0) % 1000000), "muster"."number_of"(m.metadata -> $2::text -> 'lat')::float8) end <@ box(point($8::numeric::float8 + 1000 * (hashtextextended($3::text, 0) % 1000000), $9::numeric::float8), point($10::numeric::float8 + 1000 * (hashtextextended($3::text, 0) % 1000000), $11::numeric::float8))) and "muster"."number_of"(m.metadata -> $2::text -> $12::text) >= $13::numeric and "muster"."number_of"(m.metadata -> $2::text -> $12::text) <= $14::numeric and ("muster"."number_of"(m.metadata -> $2::text -> $15::text) >= $16::numeric or "muster"."number_of"(m.metadata -> $2::text -> $15::text) <= $17::numeric))
--   spot, iot, 169.99999, 39.99999, 180.00001, 60.00001, -180.00001, 39.99999, -169.99999, 60.00001, lat, 40, 60, lon, 170, -170
--   and the evaluator: {"op":"within","path":["spot"],"value":{"south":40,"north":60,"west":170,"east":-170}}

-- {"$not":{"spot.lat.gte":40,"spot.lat.lte":60,"spot.lon.gte":0,"spot.lon.lte":5}}
(not (coalesce("muster"."number_of"(m.metadata -> $2::text -> $3::text) >= $4::numeric, false) and coalesce("muster"."number_of"(m.metadata -> $2::text -> $5::text) >= $6::numeric, false) and coalesce("muster"."number_of"(m.metadata -> $2::text -> $3::text) <= $7::numeric, false) and coalesce("muster"."number_of"(m.metadata -> $2::text -> $5::text) <= $8::numeric, false)))
--   spot, lat, 40, lon, 0, 60, 5

-- {"spot.lat.gte":40,"spot.lat.lte":91,"spot.lon.gte":0,"spot.lon.lte":5}
("muster"."number_of"(m.metadata -> $2::text -> $3::text) >= $4::numeric and "muster"."number_of"(m.metadata -> $2::text -> $5::text) >= $6::numeric and "muster"."number_of"(m.metadata -> $2::text -> $3::text) <= $7::numeric and "muster"."number_of"(m.metadata -> $2::text -> $5::text) <= $8::numeric)
--   spot, lat, 40, lon, 0, 91, 5

-- {"it's \"quoted\"":"'; drop schema muster cascade; --"}
jsonb_set('{}'::jsonb, array[m.namespace], m.metadata) @> $2::jsonb
--   {"iot":{"it's \"quoted\"":"'; drop schema muster cascade; --"}}
