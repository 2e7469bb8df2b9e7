package io.deltastreams.nativeimage.agent;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Enumeration;
import java.util.Locale;
import java.util.ResourceBundle;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The JDK's methods that look up by name, each doing what it does there, and recording a line of five columns, with tabs between them: kind,
 * class or resource, member (all of a kind: {@code *}), caller, the caller's method.
 */
public final class Lookups {

    private static final StackWalker CALLER = StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);
    private static final Set<String> SEEN = ConcurrentHashMap.newKeySet();

    private static volatile @Nullable Path file;

    /** Whose method it is that is done here. */
    @Retention(RetentionPolicy.RUNTIME)
    @Target(ElementType.METHOD)
    @interface Instead {
        Class<?> of();

        boolean isStatic() default false;
    }

    private Lookups() {}

    static void recordInto(Path folder) {
        try {
            file = Files.createDirectories(folder)
                    .resolve(ProcessHandle.current().pid() + ".tsv");
        } catch (IOException e) {
            throw new UncheckedIOException("cannot record into " + folder, e);
        }
    }

    static void unreadable(String name, Throwable why) {
        write("unreadable", name, why.toString(), "", "");
    }

    private static void record(String kind, Class<?> type, String member) {
        record(kind, type.getName(), member);
    }

    private static void record(String kind, String name, String member) {
        StackWalker.StackFrame caller =
                CALLER.walk(frames -> frames.filter(frame -> frame.getDeclaringClass() != Lookups.class)
                        .findFirst()
                        .orElseThrow());
        write(kind, name, member, caller.getClassName(), caller.getMethodName());
    }

    /** At once: a process that is killed has told all. */
    private static void write(String... columns) {
        Path to = file;
        String line = String.join("\t", columns) + "\n";
        if (to == null || !SEEN.add(line)) {
            return;
        }
        synchronized (SEEN) {
            try {
                Files.writeString(
                        to, line, StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static String parameters(Class<?>... types) {
        return Arrays.stream(types).map(Class::getName).collect(Collectors.joining(",", "(", ")"));
    }

    // --- classes ---

    @Instead(of = Class.class, isStatic = true)
    public static Class<?> forName(String name) throws ClassNotFoundException {
        record("class", name, "");
        return Class.forName(name, true, CALLER.getCallerClass().getClassLoader());
    }

    @Instead(of = Class.class, isStatic = true)
    public static Class<?> forName(String name, boolean initialize, @Nullable ClassLoader loader)
            throws ClassNotFoundException {
        record("class", name, "");
        return Class.forName(name, initialize, loader);
    }

    @Instead(of = ClassLoader.class)
    public static Class<?> loadClass(ClassLoader loader, String name) throws ClassNotFoundException {
        record("class", name, "");
        return loader.loadClass(name);
    }

    @Instead(of = MethodHandles.Lookup.class)
    public static Class<?> findClass(MethodHandles.Lookup lookup, String name)
            throws ClassNotFoundException, IllegalAccessException {
        record("class", name, "");
        return lookup.findClass(name);
    }

    // --- constructors ---

    @Instead(of = Class.class)
    @SuppressWarnings("deprecation")
    public static Object newInstance(Class<?> type) throws InstantiationException, IllegalAccessException {
        record("constructor", type, "()");
        try {
            Constructor<?> constructor = type.getDeclaredConstructor();
            constructor.setAccessible(true);
            return constructor.newInstance();
        } catch (NoSuchMethodException e) {
            InstantiationException failure = new InstantiationException(type.getName());
            failure.initCause(e);
            throw failure;
        } catch (InvocationTargetException e) {
            throw Lookups.<RuntimeException>unchecked(e.getCause());
        }
    }

    /** {@link Class#newInstance} throws whatever the constructor throws, checked or not. */
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <T extends Throwable> T unchecked(@Nullable Throwable failure) throws T {
        throw (T) failure;
    }

    @Instead(of = Class.class)
    public static Constructor<?> getConstructor(Class<?> type, Class<?>... parameters) throws NoSuchMethodException {
        record("constructor", type, parameters(parameters));
        return type.getConstructor(parameters);
    }

    @Instead(of = Class.class)
    public static Constructor<?> getDeclaredConstructor(Class<?> type, Class<?>... parameters)
            throws NoSuchMethodException {
        record("constructor", type, parameters(parameters));
        return type.getDeclaredConstructor(parameters);
    }

    @Instead(of = Class.class)
    public static Constructor<?>[] getConstructors(Class<?> type) {
        record("constructor", type, "*");
        return type.getConstructors();
    }

    @Instead(of = Class.class)
    public static Constructor<?>[] getDeclaredConstructors(Class<?> type) {
        record("constructor", type, "*");
        return type.getDeclaredConstructors();
    }

    // --- methods ---

    @Instead(of = Class.class)
    public static Method getMethod(Class<?> type, String name, Class<?>... parameters) throws NoSuchMethodException {
        record("method", type, name + parameters(parameters));
        return type.getMethod(name, parameters);
    }

    @Instead(of = Class.class)
    public static Method getDeclaredMethod(Class<?> type, String name, Class<?>... parameters)
            throws NoSuchMethodException {
        record("method", type, name + parameters(parameters));
        return type.getDeclaredMethod(name, parameters);
    }

    @Instead(of = Class.class)
    public static Method[] getMethods(Class<?> type) {
        record("method", type, "*");
        return type.getMethods();
    }

    @Instead(of = Class.class)
    public static Method[] getDeclaredMethods(Class<?> type) {
        record("method", type, "*");
        return type.getDeclaredMethods();
    }

    // --- fields ---

    @Instead(of = Class.class)
    public static Field getField(Class<?> type, String name) throws NoSuchFieldException {
        record("field", type, name);
        return type.getField(name);
    }

    @Instead(of = Class.class)
    public static Field getDeclaredField(Class<?> type, String name) throws NoSuchFieldException {
        record("field", type, name);
        return type.getDeclaredField(name);
    }

    @Instead(of = Class.class)
    public static Field[] getFields(Class<?> type) {
        record("field", type, "*");
        return type.getFields();
    }

    @Instead(of = Class.class)
    public static Field[] getDeclaredFields(Class<?> type) {
        record("field", type, "*");
        return type.getDeclaredFields();
    }

    // --- proxies, services, resources ---

    @Instead(of = Proxy.class, isStatic = true)
    public static Object newProxyInstance(
            @Nullable ClassLoader loader, Class<?>[] interfaces, InvocationHandler handler) {
        record("proxy", Arrays.stream(interfaces).map(Class::getName).collect(Collectors.joining(",")), "");
        return Proxy.newProxyInstance(loader, interfaces, handler);
    }

    @Instead(of = ServiceLoader.class, isStatic = true)
    public static <S> ServiceLoader<S> load(Class<S> service) {
        record("service", service, "");
        return ServiceLoader.load(service, Thread.currentThread().getContextClassLoader());
    }

    @Instead(of = ServiceLoader.class, isStatic = true)
    public static <S> ServiceLoader<S> load(Class<S> service, @Nullable ClassLoader loader) {
        record("service", service, "");
        return ServiceLoader.load(service, loader);
    }

    @Instead(of = ResourceBundle.class, isStatic = true)
    public static ResourceBundle getBundle(String name) {
        record("bundle", name, "");
        return ResourceBundle.getBundle(
                name, Locale.getDefault(), CALLER.getCallerClass().getClassLoader());
    }

    @Instead(of = ResourceBundle.class, isStatic = true)
    public static ResourceBundle getBundle(String name, Locale locale, ClassLoader loader) {
        record("bundle", name, "");
        return ResourceBundle.getBundle(name, locale, loader);
    }

    @Instead(of = Class.class)
    public static @Nullable URL getResource(Class<?> type, String name) {
        record("resource", absolute(type, name), "");
        return type.getResource(name);
    }

    @Instead(of = Class.class)
    public static @Nullable InputStream getResourceAsStream(Class<?> type, String name) {
        record("resource", absolute(type, name), "");
        return type.getResourceAsStream(name);
    }

    private static String absolute(Class<?> type, String name) {
        return name.startsWith("/") ? name.substring(1) : type.getPackageName().replace('.', '/') + "/" + name;
    }

    @Instead(of = ClassLoader.class)
    public static @Nullable URL getResource(ClassLoader loader, String name) {
        record("resource", name, "");
        return loader.getResource(name);
    }

    @Instead(of = ClassLoader.class)
    public static Enumeration<URL> getResources(ClassLoader loader, String name) throws IOException {
        record("resource", name, "");
        return loader.getResources(name);
    }

    @Instead(of = ClassLoader.class)
    public static @Nullable InputStream getResourceAsStream(ClassLoader loader, String name) {
        record("resource", name, "");
        return loader.getResourceAsStream(name);
    }

    @Instead(of = ClassLoader.class, isStatic = true)
    public static @Nullable InputStream getSystemResourceAsStream(String name) {
        record("resource", name, "");
        return ClassLoader.getSystemResourceAsStream(name);
    }

    // --- what no native image does: code that is made at run time ---

    @Instead(of = MethodHandles.Lookup.class)
    public static Class<?> defineClass(MethodHandles.Lookup lookup, byte[] bytes) throws IllegalAccessException {
        record("define", lookup.lookupClass(), "");
        return lookup.defineClass(bytes);
    }

    @Instead(of = MethodHandles.Lookup.class)
    public static MethodHandles.Lookup defineHiddenClass(
            MethodHandles.Lookup lookup, byte[] bytes, boolean initialize, MethodHandles.Lookup.ClassOption... options)
            throws IllegalAccessException {
        record("define", lookup.lookupClass(), "");
        return lookup.defineHiddenClass(bytes, initialize, options);
    }

    // --- handles ---

    @Instead(of = MethodHandles.Lookup.class)
    public static VarHandle findVarHandle(MethodHandles.Lookup lookup, Class<?> type, String name, Class<?> fieldType)
            throws NoSuchFieldException, IllegalAccessException {
        record("field", type, name);
        return lookup.findVarHandle(type, name, fieldType);
    }
}
