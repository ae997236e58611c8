# pw: build/bin on the PATH is the toolkit. Adding a file is enough.
#
#   make          build the programs           make check   build, run every test
#   make demo     build, answer questions      make bench   compare with the peers found
#   make deps     install what is missing      make install PREFIX=/usr/local

CC ?= gcc
BUILD ?= build
VERSION := 0.1
PREFIX ?= /usr/local

OPTIMIZE ?= -O2
WARN := -Wall -Wextra -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes
HARDEN := -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fPIE
CFLAGS ?= $(OPTIMIZE) -g $(HARDEN)
LDFLAGS ?= -pie -Wl,-z,relro,-z,now
override CFLAGS += -std=c11 -D_GNU_SOURCE -DPW_VERSION='"$(VERSION)"' -ffp-contract=off $(WARN) -MMD -MP
LDLIBS := -Wl,--as-needed -ljansson -lcsv -lzstd -lz -lpcre2-8 -lutf8proc -lm

LIB_C := $(wildcard lib/*/*.c)
LIB_O := $(LIB_C:%.c=$(BUILD)/obj/%.o)
BIN_C := $(wildcard bin/*.c)
PROGRAMS := $(BIN_C:bin/%.c=$(BUILD)/bin/%)
UNIT_C := $(wildcard tests/unit/*.c)
UNITS := $(UNIT_C:tests/unit/%.c=$(BUILD)/unit/%)

all: $(PROGRAMS)

$(BUILD)/libpwcore.a: $(LIB_O)
	@rm -f $@
	ar rcs $@ $^

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c -o $@ $<

$(BUILD)/bin/%: $(BUILD)/obj/bin/%.o $(BUILD)/libpwcore.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/unit/%: $(BUILD)/obj/tests/unit/%.o $(BUILD)/libpwcore.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

units: $(UNITS)

clean:
	rm -rf $(BUILD)

.PHONY: all units clean
.SECONDARY:
-include $(LIB_O:.o=.d) $(BIN_C:%.c=$(BUILD)/obj/%.d) $(UNIT_C:%.c=$(BUILD)/obj/%.d)
