# nginx-idv.  "make help" lists what can be made.
#
# Everything is built out of tree: modules in build/, what tests and demo fetch
# or build for themselves in .build/, what the demo writes in .demo/.

BUILDDIR  ?= build
CACHEDIR  ?= .build

# The nginx to build against: the installed one, else the copy that the set-up
# unpacked.  Give NGX_SRC (a configured nginx source tree or Debian's nginx-dev)
# and NGX_BIN (its binary) to use another; not NGINX, a variable that nginx takes
# for sockets to inherit.

NGX_DEBIAN := $(firstword $(wildcard \
                  /usr/share/nginx/src/configure \
                  $(CACHEDIR)/debian/usr/share/nginx/src/configure))

# not "?=": a make that ran before the set-up hands down an empty value

ifeq ($(NGX_SRC),)
NGX_SRC := $(patsubst %/configure,%,$(NGX_DEBIAN))
endif

ifeq ($(NGX_BIN),)
NGX_BIN := $(patsubst %/usr/share/nginx/src,%/usr/sbin/nginx,$(NGX_SRC))
endif

# Debian's hardening; nginx itself adds -Wall -Werror

IDV_CFLAGS ?= -g -O2 -fPIC -fstack-protector-strong -Wformat \
              -Werror=format-security -D_FORTIFY_SOURCE=2 \
              -ffile-prefix-map=$(CURDIR)=.
IDV_LDFLAGS ?= -Wl,-z,relro -Wl,-z,now

build   := $(abspath $(BUILDDIR))
objs    := $(build)/objs
modules := ngx_http_idv_module.so ngx_http_idv_service_module.so
helper  := idv-background
parallel := $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))
sources  = $(sort $(wildcard src/*.[ch] src/*/*.[ch]))

export BUILDDIR CACHEDIR NGX_SRC NGX_BIN CC FUZZ_SECONDS


.PHONY: all
all: $(objs)/$(helper)	## the modules against the installed nginx (BUILDDIR, NGX_SRC)
	@$(MAKE) -s --no-print-directory -C $(build)/nginx \
	    -f $(objs)/Makefile modules
	@ls $(addprefix $(BUILDDIR)/objs/,$(modules))


# nginx's configure wants to run in its own source tree and, in some versions,
# to write there: it gets a folder of links instead.

$(objs)/Makefile: config src/exports.map $(build)/inputs
	@echo "configuring for nginx in $(NGX_SRC)"
	@rm -rf $(build)/nginx && mkdir -p $(build)/nginx
	@ln -s $(filter-out %/Makefile %/objs,$(wildcard \
	    $(abspath $(NGX_SRC))/*)) $(build)/nginx
	@cd $(build)/nginx && bash -eu -c ' \
	    NGX_CONF_FLAGS=( --with-compat ); \
	    if [ -f conf_flags ]; then . ./conf_flags; fi; \
	    ./configure "$${NGX_CONF_FLAGS[@]}" \
	        --with-cc="$(CC)" --with-cc-opt="$(IDV_CFLAGS)" \
	        --with-ld-opt="$(IDV_LDFLAGS)" --builddir="$(objs)" \
	        --add-dynamic-module="$(CURDIR)"' \
	    > $(build)/configure.log 2>&1 \
	    || { tail -n 20 $(build)/configure.log >&2; rm -f $@; exit 1; }


# A program of its own, for pictures: what decodes them is not in nginx.

$(objs)/$(helper): $(objs)/Makefile $(wildcard src/helper/*.[ch])
	@$(CC) -std=gnu11 -Wall -Wextra -Werror $(IDV_CFLAGS) \
	    `pkg-config --cflags libjpeg libpng` -o $@ src/helper/*.c \
	    $(IDV_LDFLAGS) `pkg-config --libs libjpeg libpng`


# what, apart from their contents, decides which commands are run

$(build)/inputs: FORCE
	@test -n "$(NGX_SRC)" || { \
	    echo "no nginx to build against: run 'make setup', or install" \
	         "nginx-dev, or give NGX_SRC" >&2; exit 1; }
	@mkdir -p $(build)
	@{ echo $(abspath $(NGX_SRC)) "$(CC)" "$(IDV_CFLAGS)" "$(IDV_LDFLAGS)"; \
	   cksum $(NGX_SRC)/src/core/nginx.h; echo $(sources); } > $@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

.PHONY: FORCE
FORCE:


.PHONY: setup
setup:			## install what building needs and is missing
	@t/tools/setup build


.PHONY: demo
demo:			## build and run everything on this machine; Ctrl-C ends it
	@t/tools/setup build demo
	@$(MAKE) $(parallel) --no-print-directory all
	@$(MAKE) --no-print-directory demo-run

.PHONY: demo-run
demo-run:
	@exec t/tools/demo


# The second make sees what the set-up of the first has put there.

.PHONY: test
test:			## the whole suite; TESTS='t/gate.t ...' for some of it
	@t/tools/setup build test browser
	@$(MAKE) $(parallel) --no-print-directory all
	@$(MAKE) --no-print-directory test-run

.PHONY: test-run
test-run:
	@exec t/tools/test $(TESTS)


.PHONY: soak
soak:			## the long runs, in one table; SOAK='--scale 0.1 PART ...'
	@t/tools/setup build test soak
	@$(MAKE) $(parallel) --no-print-directory all
	@$(MAKE) --no-print-directory soak-run

.PHONY: soak-run
soak-run:
	@exec t/soak/run $(SOAK)


.PHONY: coverage
coverage:		## how much of each room the suite runs, against a floor
	@t/tools/setup build test browser coverage
	@$(MAKE) --no-print-directory coverage-run

.PHONY: coverage-run
coverage-run:
	@exec t/tools/coverage $(TESTS)


.PHONY: fuzz
fuzz:			## inputs that break parsers; FUZZ_SECONDS=60, FUZZ='cookie ...'
	@t/tools/setup build test
	@exec t/tools/fuzz $(FUZZ)


.PHONY: bench
bench:			## the ratios of the design, measured here
	@t/tools/setup build bench
	@$(MAKE) $(parallel) --no-print-directory all
	@$(MAKE) --no-print-directory bench-run

.PHONY: bench-run
bench-run:
	@exec t/bench/run


# The running nginx has the old files mapped: they are replaced by rename.

MODULESDIR ?= $(or $(shell $(NGX_BIN) -V 2>&1 \
                  | sed -n 's/.*--modules-path=\([^ ]*\).*/\1/p'), \
                  /usr/lib/nginx/modules)
BINDIR ?= /usr/local/bin
LIBEXECDIR ?= /usr/local/libexec

.PHONY: install
install: all		## copy modules, helper and tools to their places (DESTDIR)
	@mkdir -p $(DESTDIR)$(MODULESDIR)
	@set -e; for so in $(modules); do \
	    install -m 644 $(objs)/$$so $(DESTDIR)$(MODULESDIR)/.$$so.new; \
	    mv $(DESTDIR)$(MODULESDIR)/.$$so.new $(DESTDIR)$(MODULESDIR)/$$so; \
	    echo "load_module modules/$$so;"; \
	done
	@mkdir -p $(DESTDIR)$(BINDIR)
	@install -m 755 src/tools/idv-selfcheck src/tools/idvctl \
	    $(DESTDIR)$(BINDIR)
	@mkdir -p $(DESTDIR)$(LIBEXECDIR)
	@install -m 755 $(objs)/$(helper) $(DESTDIR)$(LIBEXECDIR)


.PHONY: clean
clean:			## remove the build; what the set-up fetched stays
	rm -rf $(BUILDDIR)

.PHONY: distclean
distclean: clean	## remove everything that was made, the demo's data too
	rm -rf $(CACHEDIR) .demo


.PHONY: help
help:			## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1	/p' Makefile \
	    | while IFS="$$(printf '\t')" read -r name text; do \
	        printf '  make %-10s %s\n' "$$name" "$$text"; done
