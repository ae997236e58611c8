# pw: build/bin on the PATH is the toolkit. Adding a file is enough.
#
#   make            build the programs          make check    install what is missing, build, run every test
#   make demo       the same, answer questions  make bench    compare with the peers found (ONLY=word, RUNS=5)
#   make deps       only install what is missing (bench-deps: the peers too)
#   make install PREFIX=/usr/local DESTDIR=     make uninstall
#   make fuzz-NAME  fuzz with clang until stopped
#   make plants     the programs with each of the bugs of lib/base/plant.h, in build/plant-NAME (plant-NAME: one)

BUILD ?= build
# One name for the tree, however it was spelled: the lists of headers that objects were made from (*.d) use it.
override BUILD := $(patsubst $(CURDIR)/%,%,$(abspath $(BUILD)))
VERSION := 0.1
PREFIX ?= /usr/local

OPTIMIZE ?= -O2
WARN := -Wall -Wextra -Wshadow -Wconversion -Wvla -Wstrict-prototypes -Wmissing-prototypes
HARDEN := -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fPIE
CFLAGS ?= $(OPTIMIZE) -g $(HARDEN)
LDFLAGS ?= -pie -Wl,-z,relro,-z,now
LDLIBS := -Wl,--as-needed -ljansson -lcsv -lzstd -lz -lpcre2-8 -lutf8proc -lnettle -lm

# A tree of its own for each kind of object: make BUILD=build/asan SANITIZE=address,undefined
ifdef SANITIZE
OPTIMIZE := -O1
HARDEN := -fPIE
override CFLAGS += -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer -DPW_CHECKED
override LDFLAGS += -fsanitize=$(SANITIZE)
endif

# The same with a bug built in, which the tests must find: make PLANT=no-fsync BUILD=build/plant-no-fsync
PLANTS := no-fsync frontier-before-journal eof-is-end cleanup-by-count
ifdef PLANT
override CFLAGS += -DPW_PLANT=PW_PLANT_$(shell echo '$(PLANT)' | tr a-z- A-Z_)
SOUND ?= build
PLANTED := $(patsubst %.c,$(BUILD)/obj/%.o,$(shell grep -lw pw_plant lib/*/*.c bin/*.c))
endif
override CFLAGS += -std=c11 -D_GNU_SOURCE -DPW_VERSION='"$(VERSION)"' -ffp-contract=off $(WARN) -MMD -MP

LIB_C := $(wildcard lib/*/*.c)
LIB_O := $(LIB_C:%.c=$(BUILD)/obj/%.o)
PROGRAMS := $(patsubst bin/%.c,$(BUILD)/bin/%,$(wildcard bin/*.c))
UNITS := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/*.c))
PRELOADS := $(patsubst %,$(BUILD)/helpers/%.so,fault slow clock)
HELPERS := $(patsubst tests/helpers/%.c,$(BUILD)/helpers/%,$(filter-out $(PRELOADS:$(BUILD)/helpers/%.so=tests/helpers/%.c),$(wildcard tests/helpers/*.c)))
TOOLS := $(patsubst tools/%.c,$(BUILD)/tools/%,$(wildcard tools/*.c))
FUZZ := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(filter-out %/driver.c,$(wildcard tests/fuzz/*.c)))

# What `make demo` and `make check` call by themselves: as many jobs as cores, commands not shown.
AGAIN = $(MAKE) -s --no-print-directory $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))
ASAN = BUILD=$(BUILD)/asan SANITIZE=address,undefined

all: $(PROGRAMS)
units: $(UNITS)
fuzz: $(FUZZ)
tools: $(TOOLS)
helpers: $(HELPERS) $(PRELOADS)
plants: $(PLANTS:%=plant-%)
$(PLANTS:%=plant-%): plant-%: all
	+@$(AGAIN) PLANT=$* SOUND=$(BUILD) BUILD=$(BUILD)/plant-$* all

$(BUILD)/libpwcore.a: $(LIB_O)
	@rm -f $@
	ar rcs $@ $^

define COMPILE
@mkdir -p $(@D)
$(CC) $(CFLAGS) -c -o $@ $<
endef

ifdef PLANT
$(PLANTED): $(BUILD)/obj/%.o: %.c
	$(COMPILE)
$(BUILD)/obj/%.o: $(SOUND)/obj/%.o # where there is no bug
	@mkdir -p $(@D)
	@ln -f $< $@
else
$(BUILD)/obj/%.o: %.c
	$(COMPILE)
endif

define LINK
@mkdir -p $(@D)
$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
endef

$(BUILD)/bin/%: $(BUILD)/obj/bin/%.o $(BUILD)/libpwcore.a
	$(LINK)
$(BUILD)/unit/%: $(BUILD)/obj/tests/unit/%.o $(BUILD)/libpwcore.a
	$(LINK)
$(BUILD)/helpers/%: $(BUILD)/obj/tests/helpers/%.o $(BUILD)/libpwcore.a
	$(LINK)
$(BUILD)/tools/%: $(BUILD)/obj/tools/%.o $(BUILD)/libpwcore.a
	$(LINK)
$(BUILD)/fuzz/%: $(BUILD)/obj/tests/fuzz/%.o $(BUILD)/obj/tests/fuzz/driver.o $(BUILD)/libpwcore.a
	$(LINK)
$(BUILD)/helpers/fault.so: tests/helpers/image.h
$(BUILD)/helpers/%.so: tests/helpers/%.c
	@mkdir -p $(@D)
	$(CC) -O2 -Wall -Wextra -D_GNU_SOURCE -fPIC -shared -o $@ $<

deps:
	@tools/deps build
check-deps:
	@tools/deps build check
bench-deps:
	@tools/deps build bench

demo: deps
	@$(AGAIN) all
	@tools/demo $(BUILD)

check: check-deps
	@$(AGAIN) all units helpers tools plants
	@$(AGAIN) $(ASAN) all units fuzz
	@tests/run $(SUITES)

bench: deps
	@$(AGAIN) all tools
	@tools/bench $(if $(ONLY),--only $(ONLY)) $(if $(RUNS),--runs $(RUNS)) $(BUILD)

fuzz-%:
	@$(AGAIN) CC=clang BUILD=$(BUILD)/clang SANITIZE=fuzzer-no-link,address,undefined \
		$(BUILD)/clang/obj/tests/fuzz/$*.o $(BUILD)/clang/libpwcore.a
	clang -g -fsanitize=fuzzer,address,undefined -o $(BUILD)/clang/$* \
		$(BUILD)/clang/obj/tests/fuzz/$*.o $(BUILD)/clang/libpwcore.a $(LDLIBS)
	@mkdir -p $(BUILD)/corpus/$*
	$(BUILD)/clang/$* -max_len=65536 $(BUILD)/corpus/$* $(wildcard tests/fuzz/corpus/$*)

install uninstall: all $(BUILD)/libpwcore.a
	@tools/install $@ '$(BUILD)' '$(PREFIX)' '$(DESTDIR)' '$(VERSION)' '$(LDLIBS)'

clean:
	rm -rf $(BUILD)

.PHONY: all units fuzz helpers tools plants $(PLANTS:%=plant-%) deps check-deps bench-deps demo check bench install uninstall clean
.SECONDARY:
-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
