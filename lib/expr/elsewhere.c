#include "elsewhere.h"

#include <strings.h>

#define CLOCK                                                                                      \
	"no expression reads a clock, since the same rows must give the same answer; "             \
	"commit_time() is the time at which a row was committed, and the time now can be "         \
	"put in by the shell, as in \"datetime '$(date -u +%FT%T)'\""
#define CHANCE "no expression is random; xxh3(s) of a key of the row spreads rows evenly"
#define WINDOW                                                                                     \
	"values of rows before and after are columns that pw-lag adds, and pw-head keeps the "     \
	"first rows of each group"

/*
 * In what is written, x is a number, n an int, s a text, t and u are times, b is a
 * bool, l a list of ints, w a list of texts and j a json.
 */
static const struct pw_elsewhere table[] = {
	/* aggregates */
	{"mean average averagea", "avg(x)", NULL},
	{"first first_value firstvalue", "argmin(x, t) or any(x)",
	 "argmin is of the row with the least t"},
	{"last last_value lastvalue", "argmax(x, t)", "of the row with the greatest t"},
	{"size n count_all row_count rowcount tally nrow counta", "count()", NULL},
	{"nunique countdistinct count_distinct n_distinct uniq uniqexact dcount distinct_count "
	 "countunique",
	 "count(DISTINCT x)", NULL},
	{"approx_distinct approx_count hll uniqhll12 approxcountdistinct",
	 "approx_count_distinct(x)", NULL},
	{"stdev stddev std stdevs stdev_s sd stddevsamp stddev_sample", "stddev_samp(x)",
	 "stddev_pop(x) is of a whole population"},
	{"stdevp stdev_p stddevp stddevpop stdevpa std_pop", "stddev_pop(x)", NULL},
	{"var variance var_s vars varsamp variance_samp", "var_samp(x)",
	 "var_pop(x) is of a whole population"},
	{"varp var_p varpop variance_pop", "var_pop(x)", NULL},
	{"p01", "quantile_cont(x, 0.01)", NULL},
	{"p05 p5", "quantile_cont(x, 0.05)", NULL},
	{"p10", "quantile_cont(x, 0.1)", NULL},
	{"p25 q1", "quantile_cont(x, 0.25)", NULL},
	{"p50 q2 med medianexact", "median(x)", NULL},
	{"p75 q3", "quantile_cont(x, 0.75)", NULL},
	{"p90", "quantile_cont(x, 0.9)", NULL},
	{"p95", "quantile_cont(x, 0.95)", NULL},
	{"p99", "quantile_cont(x, 0.99)", NULL},
	{"p999", "quantile_cont(x, 0.999)", NULL},
	{"percentile percentile_cont percentilecont percentile_inc quantilecont quantileexact",
	 "quantile_cont(x, 0.9)", NULL},
	{"percentile_disc quantile_disc approx_percentile percentile_approx approx_quantile "
	 "percentile_exc approxquantile",
	 "quantile(x, 0.9)", NULL},
	{"collect_list array_agg arrayagg collect tolist to_list grouparray make_list list_agg",
	 "list(x)", NULL},
	{"collect_set array_agg_distinct groupuniqarray make_set to_set", "set(x)", NULL},
	{"group_concat listagg string_concat textjoin wm_concat groupconcat stringagg string_join",
	 "string_agg(s, ', ')", NULL},
	{"any_value anyvalue arbitrary sample", "any(x)", NULL},
	{"idxmax max_by arg_max maxby argmaxby", "argmax(s, x)",
	 "the s of the row with the greatest x"},
	{"idxmin min_by arg_min minby argminby", "argmin(s, x)",
	 "the s of the row with the least x"},
	{"countif count_if countifs", "count() FILTER (WHERE b)", NULL},
	{"sumif sum_if sumifs", "sum(x) FILTER (WHERE b)", NULL},
	{"averageif averageifs avgif avg_if", "avg(x) FILTER (WHERE b)", NULL},
	{"maxif maxifs", "max(x) FILTER (WHERE b)", NULL},
	{"minif minifs", "min(x) FILTER (WHERE b)", NULL},
	{"every all logical_and booland_agg all_of", "bool_and(b)", NULL},
	{"some logical_or boolor_agg any_of", "bool_or(b)", NULL},
	{"total", "sum(x)", NULL},
	{"ptp", "max(x) - min(x)", NULL},
	{"most_common modus approx_top_k topk", "mode(x)", NULL},
	{"row_number rownumber rank dense_rank percent_rank cume_dist ntile lag lead shift "
	 "cumsum cumcount cummax cummin running_sum pct_change diff nth_value rolling rolling_mean "
	 "moving_average",
	 NULL, WINDOW},

	/* choosing */
	{"nvl zeroifnull fillna", "coalesce(x, 0)", NULL},
	{"isnull", "x IS NULL or coalesce(x, 0)", NULL},
	{"isna is_null is_na isblank", "x IS NULL", NULL},
	{"notnull isnotnull is_not_null notna notempty", "x IS NOT NULL", NULL},
	{"nvl2", "if(x IS NULL, 0, 1)", NULL},
	{"iif where ifelse multiif", "if(b, x, 0)", NULL},
	{"case_when ifs choose", "CASE WHEN x > 10 THEN 'high' ELSE 'low' END", NULL},

	/* texts */
	{"mid", "substr(s, 2, 3)", NULL},
	{"charindex locate indexof position search index", "strpos(s, 'a')", NULL},
	{"to_upper toupper uppercase str_upper", "upper(s)", NULL},
	{"to_lower tolower lowercase str_lower", "lower(s)", NULL},
	{"initcap capitalize proper str_title", "title(s)", NULL},
	{"strip btrim str_trim", "trim(s)", NULL},
	{"lstrip trim_start", "ltrim(s)", NULL},
	{"rstrip trim_end", "rtrim(s)", NULL},
	{"char_length character_length str_len nchar", "length(s)", NULL},
	{"octet_length byte_length bytelength", "strlen(s)", NULL},
	{"zfill", "lpad(s, 8, '0')", NULL},
	{"char nchr", "chr(n)", NULL},
	{"ascii code", "ord(s)", NULL},
	{"replicate rept", "repeat(s, 3)", NULL},
	{"startswith startwith has_prefix begins_with", "starts_with(s, 'a')", NULL},
	{"endswith endwith has_suffix", "ends_with(s, 'a')", NULL},
	{"includes str_contains containsstring", "contains(s, 'a')", NULL},
	{"ilike icontains", "lower(s) LIKE '%a%'", NULL},
	{"split str_split string_to_array split_to_array strsplit splitbystring splitbychar",
	 "string_split(s, ',')", NULL},
	{"split_index substring_index", "split_part(s, ',', 1)", NULL},
	{"regexp_like regexp_match rlike regexp regex_match regexp_contains matches match "
	 "str_detect "
	 "regexmatch",
	 "s ~ 'a+'", NULL},
	{"regexp_substr regex_extract str_extract regexextract", "regexp_extract(s, 'a+')", NULL},
	{"gsub re_sub regex_replace str_replace str_replace_all regexp_replace_all "
	 "replaceregexpall",
	 "regexp_replace(s, 'a+', '-', 'g')", NULL},
	{"isnumeric isnumber is_numeric", "TRY_CAST(s AS float) IS NOT NULL", NULL},
	{"edit_distance editdistance", "levenshtein(s, 'abc')", NULL},
	{"hash farm_fingerprint murmurhash cityhash64 crc32 checksum xxhash64", "xxh3(s)", NULL},
	{"sha sha2", "sha256(s)", NULL},
	{"urlencode", "url_encode(s)", NULL},
	{"urldecode", "url_decode(s)", NULL},

	/* types */
	{"int integer bigint to_int toint toint64 to_integer parseint convert", "CAST(s AS int)",
	 NULL},
	{"float double real decimal numeric to_number to_float to_double tofloat64 tonumber "
	 "to_decimal val parsefloat value",
	 "CAST(s AS float)", NULL},
	{"str string text varchar to_string tostring to_varchar", "CAST(x AS str)", NULL},
	{"bool boolean to_bool", "CAST(s AS bool)", NULL},
	{"safe_cast try_to_number toint64ornull to_int_or_null", "TRY_CAST(s AS int)", NULL},

	/* numbers */
	{"roundup", "ceil(x)", NULL},
	{"rounddown", "floor(x)", NULL},
	{"truncate fix", "trunc(x)", NULL},
	{"div intdiv quotient", "x // 2", NULL},
	{"square sqr", "x ** 2", NULL},
	{"sgn signum", "sign(x)", NULL},

	/* times */
	{"to_char date_format format_datetime formatdatetime format_timestamp format_date "
	 "timestamp_format",
	 "strftime(t, '%Y-%m-%d')", NULL},
	{"to_date parse_date str_to_date to_datetime parse_timestamp date_parse parse_datetime "
	 "parsedatetime todate datevalue",
	 "strptime(s, '%Y-%m-%d')", NULL},
	{"datetime timestamp todatetime", "CAST(s AS datetime)", NULL},
	{"date datetrunc timestamp_trunc datetime_trunc trunc_date tostartofday",
	 "date_trunc('day', t)", NULL},
	{"tostartofhour", "date_trunc('hour', t)", NULL},
	{"tostartofmonth", "date_trunc('month', t)", NULL},
	{"datediff timestampdiff timediff timestamp_diff datetime_diff", "date_diff('day', u, t)",
	 "or t - u, a duration"},
	{"months_between", "date_diff('month', u, t)", NULL},
	{"date_add dateadd timestampadd timestamp_add adddate", "t + 1d or add_months(t, 1)", NULL},
	{"date_sub datesub timestamp_sub subdate", "t - 1d or add_months(t, -1)", NULL},
	{"edate addmonths", "add_months(t, 1)", NULL},
	{"eomonth", "last_day(t)", NULL},
	{"date_part datepart extract", "year(t) or hour(t)", NULL},
	{"weekday day_of_week dow todayofweek", "dayofweek(t) or isodow(t)",
	 "Sunday is 0 of the one and 7 of the other"},
	{"doy day_of_year", "dayofyear(t)", NULL},
	{"day_of_month", "day(t)", NULL},
	{"day_name", "dayname(t)", NULL},
	{"month_name", "monthname(t)", NULL},
	{"isoweek weeknum week_of_year", "week(t)", NULL},
	{"from_unixtime fromunixtimestamp", "to_timestamp(n)", NULL},
	{"unix_timestamp to_unixtime unixepoch tounixtimestamp unix_seconds", "epoch(t)", NULL},
	{"unix_millis to_unix_timestamp_ms", "epoch_ms(t)", NULL},
	{"date_bin tumble bin window tostartofinterval", "time_bucket(15m, t)", NULL},
	{"convert_timezone from_utc_timestamp to_utc_timestamp convert_tz at_timezone",
	 "timezone('Europe/Oslo', t)", NULL},

	/* lists and json */
	{"array_length arraylength cardinality list_length", "length(l)", NULL},
	{"array_contains has list_has arraycontains", "list_contains(l, 1)", NULL},
	{"element_at list_element arrayelement", "l[1]", NULL},
	{"array", "[1, 2]", NULL},
	{"array_sort sort_array arraysort", "list_sort(l)", NULL},
	{"array_distinct arraydistinct", "list_distinct(l)", NULL},
	{"array_join", "array_to_string(w, ',')", NULL},
	{"array_position", "list_position(l, 1)", NULL},
	{"array_append", "list_append(l, 1)", NULL},
	{"array_max", "list_max(l)", NULL},
	{"array_min", "list_min(l)", NULL},
	{"array_sum", "list_sum(l)", NULL},
	{"explode unnest flatten arrayjoin", NULL,
	 "pw-flatten makes one row per element of a list"},
	{"get_json_object json_value json_extract_scalar json_extract_path_text jsonextractstring "
	 "visitparamextractstring",
	 "j ->> 'a'", NULL},
	{"json_query json_get json_extract_path jsonextractraw", "j -> 'a'", NULL},
	{"parse_json json from_json json_parse", "CAST(s AS json)", NULL},

	/* what no expression has */
	{"now today current_timestamp current_date current_time curdate curtime getdate getutcdate "
	 "sysdate sysdatetime systimestamp localtimestamp localtime utcnow utc_timestamp utc_date "
	 "clock_timestamp transaction_timestamp statement_timestamp get_current_timestamp",
	 NULL, CLOCK},
	{"rand random randbetween runif uuid newid gen_random_uuid generate_uuid uuid4", NULL,
	 CHANCE},
	{"last_insert_id rownum row_id", NULL,
	 "rows have no numbers: they are a set, without an order"},
};

static const struct {
	const char *name, *ours;
} of_groups[] = {
	{"len", "count(x)"},
	{"length", "count(x)"},
	{"greatest", "max(x)"},
	{"least", "min(x)"},
	{"concat", "string_agg(s, '')"},
	{"concat_ws", "string_agg(s, ', ')"},
	{"list_value", "list(x)"},
	{"json_array", "list(x)"},
};

const struct pw_elsewhere *pw_elsewhere_at(size_t i)
{
	return i < sizeof table / sizeof *table ? &table[i] : NULL;
}

/* Is it one of the words? */
static bool has_word(const char *words, struct pw_slice word)
{
	for (const char *w = words; *w != '\0';) {
		const size_t n = strcspn(w, " ");

		if (n == word.length && strncasecmp(w, word.data, n) == 0)
			return true;
		w += n + (w[n] == ' ');
	}
	return false;
}

const struct pw_elsewhere *pw_elsewhere_find(struct pw_slice name)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (has_word(table[i].names, name))
			return &table[i];
	return NULL;
}

const char *pw_elsewhere_of_group(struct pw_slice name)
{
	for (size_t i = 0; i < sizeof of_groups / sizeof *of_groups; i++)
		if (pw_slice_equal(name, pw_slice_of(of_groups[i].name)))
			return of_groups[i].ours;
	return NULL;
}

void pw_elsewhere_advice(const struct pw_elsewhere *e, struct pw_bytes *text)
{
	if (e->ours == NULL)
		pw_bytes_text(text, e->note);
	else
		pw_bytes_print(text, "write %s%s%s%s", e->ours, e->note ? " (" : "",
			       e->note ? e->note : "", e->note ? ")" : "");
}
